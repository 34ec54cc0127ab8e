// A row that differs.

/** What has to be done to the target's row. */
export type DifferenceKind = "insert" | "update" | "delete";

/** A row that differs, and did so twice without having changed on either side. */
export interface RowDifference {
  readonly kind: DifferenceKind;
  /** Text of the key's columns, in the order of `TableMatch.key`; of a table without key, the row's hash. */
  readonly key: readonly string[];
  /** Copies of the row; more than one only in tables without a key. */
  readonly count: number;
  /** Hash of the row on either side, null where there is none. */
  readonly sourceHash: bigint | null;
  readonly targetHash: bigint | null;
}
