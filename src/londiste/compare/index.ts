export type { ComparePlace, PlaceKeeper } from "./place.ts";
export { Reader } from "./reader.ts";
export { openSession } from "./session.ts";
export type { Settled } from "./settled.ts";
export { textColumns } from "./value-form.ts";
export { compareDefaults, compareTable } from "./compare-table.ts";
export type { MatchedColumn, TableMatch } from "./table-match.ts";
export type { DifferenceKind, RowDifference } from "./difference.ts";
export type {
  Agreement,
  CompareOptions,
  CompareProgress,
  CompareSide,
  DifferenceBatch,
  SideTotals,
  TableComparison,
} from "./options.ts";
export { AgreedTick, type AgreedTickOptions } from "./agreed-tick.ts";
export { withSetTable, type SetSides, type SideOptions } from "./in-set.ts";
export { findSetTables, type FoundTables, type SetSearch, type SetTable, type SkippedTable } from "./set-tables.ts";
export { type DatabaseTables, findDatabaseTables } from "./database-tables.ts";
