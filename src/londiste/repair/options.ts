// What a repair of one table is asked and what it answers.
import type { Connection } from "../../postgres/index.ts";
import type { Logger } from "../../service/index.ts";
import type { CompareOptions, TableComparison } from "../compare/index.ts";

export interface RepairOptions extends Omit<CompareOptions, "onDifferences" | "isCountOnly"> {
  readonly log: Logger;
  /** Makes the session one whose writes are neither captured nor refused. Called once for it. */
  readonly prepareTarget?: (db: Connection) => Promise<unknown>;
  /** Changes the target. Default false: nothing is changed. */
  readonly isApplied?: boolean;
  /** Gets the statements that would do it, as text, in order; a piece ends at a line's end. */
  readonly onStatements?: (text: string) => Promise<void>;
}

export interface RowCounts {
  readonly inserts: number;
  readonly updates: number;
  readonly deletes: number;
}

export interface TableRepair {
  readonly comparison: TableComparison;
  /** Rows that were changed; none without `isApplied`. */
  readonly applied: RowCounts;
  /** Rows that still differ, or could not be decided on. Without `isApplied` all that differ. */
  readonly remaining: number;
}
