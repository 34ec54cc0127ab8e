// A conflict: the table on this node is not as the origin's was. An update or delete finds no row, an insert finds one,
// or a row breaks another unique key.

/**
 * error: the batch fails and is tried again until somebody has removed the cause.
 * keep: the row here stays as it is, the change is left out.
 * overwrite: rows in the way are deleted, a row that is missing is inserted, a delete of nothing is done.
 * quarantine: the table gets no more changes; the others go on. It must be copied anew.
 */
export type ConflictPolicy = "error" | "keep" | "overwrite" | "quarantine";

export const conflictPolicies: readonly ConflictPolicy[] = ["error", "keep", "overwrite", "quarantine"];

export type ConflictKind =
  /** insert: a row with this key is there */
  | "row-exists"
  /** update or delete: no row has this key */
  | "row-missing"
  /** more rows than one have this key */
  | "row-ambiguous"
  /** another unique key than the one of the replication, or an exclusion constraint, is broken */
  | "unique-violation"
  /** the server refused the row for another reason: a check, a type, a missing column */
  | "refused";

export interface Conflict {
  readonly kind: ConflictKind;
  readonly policy: ConflictPolicy;
  /** Name in the set, and on this node. */
  readonly table: string;
  readonly dest: string;
  readonly eventId: bigint;
  /** Of the server that the batch was read from. */
  readonly txid: bigint;
  readonly operation: "insert" | "update" | "delete" | "sql";
  /** Column → value, as the event has them. */
  readonly key: Readonly<Record<string, string | null>>;
  /** The server's words, null when it did not complain. */
  readonly reason: string | null;
}
