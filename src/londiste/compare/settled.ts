// What became of rows that differed at the first look.
import type { RowDifference } from "./difference.ts";

export interface Settled {
  readonly differences: readonly RowDifference[];
  /** Rows that changed at every look. */
  readonly undecided: number;
  /** Rows that are equal. */
  readonly inFlight: number;
}
