// A conflict: the table on this node is not as the origin's was. An update or delete finds no row, an insert finds one,
// or a row breaks another unique key.

import { SkytoolsError } from "../../errors/index.ts";
import { PostgresError } from "../../postgres/index.ts";

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

const meanings: Readonly<Record<ConflictKind, string>> = {
  "row-exists": "a row with this key is there already",
  "row-missing": "no row has this key",
  "row-ambiguous": "more than one row has this key",
  "unique-violation": "another row has one of its unique values",
  refused: "the server refuses it",
};

const hints: Readonly<Record<ConflictKind, string>> = {
  "row-exists": "remove or correct the row here, or set a conflict policy for the table; `compare` shows what differs",
  "row-missing": "insert the row here, or set a conflict policy for the table; `compare` shows what differs",
  "row-ambiguous": "give the table the unique key that it has on the root",
  "unique-violation": "remove or correct the other row, or set a conflict policy for the table",
  refused: "make the table here as it is on the root; the batch is tried again by itself",
};

/** A script of the same batch has added the label, and could not do so ahead: it cannot be used before the commit. */
const UNSAFE_NEW_ENUM_VALUE = "55P04";
const ENUM_HINT = "add the label on this node by hand: alter type … add value";

/** What may be done about events that cannot be replayed, whatever the reason. */
export function passOver(events: readonly (bigint | string)[]): string {
  return `leave it out on this node: skip-event ${events.join(" ")}`;
}

/** Names event, transaction and table. The values of the key are in the details only. */
export function conflictError(conflict: Conflict, cause: unknown): SkytoolsError<Conflict> {
  const { kind, table, dest, eventId, txid, operation, reason } = conflict;
  const where = table === dest ? table : `${table} (here ${dest})`;
  const said = reason === null ? "" : `: ${reason}`;
  const isNewLabel = cause instanceof PostgresError && cause.sqlstate === UNSAFE_NEW_ENUM_VALUE;
  return new SkytoolsError(
    "REPLICA_CONFLICT",
    `event ${eventId} of transaction ${txid}, ${operation} of ${where}: ${meanings[kind]}${said}`,
    { details: conflict, hint: isNewLabel ? ENUM_HINT : `${hints[kind]}; or ${passOver([eventId])}`, cause },
  );
}
