export { formatMergeState, parseMergeState, type MergeState, type MergeStateKind } from "./tables/merge-state.ts";
export { formatHandlerText, parseHandlerText, type HandlerText } from "./tables/handler-text.ts";
export { formatAttributes, noAttributes, parseAttributes, type TableAttributes } from "./tables/attributes.ts";
export { fullName, toTableInfo, type CopyRole, type TableInfo, type TableRow } from "./tables/table-info.ts";
export {
  compareDefaults,
  compareTable,
  findDatabaseTables,
  type Agreement,
  type CompareOptions,
  type CompareProgress,
  type CompareSide,
  type DatabaseTables,
  type DifferenceBatch,
  type DifferenceKind,
  type MatchedColumn,
  type RowDifference,
  type SideTotals,
  type TableComparison,
  type TableMatch,
} from "./compare/index.ts";
export * from "./sql-calls/index.ts";
export { repairTable, type RepairOptions, type RowCounts, type TableRepair } from "./repair/index.ts";
export * from "./execute/index.ts";
export * from "./worker/index.ts";
export { comparisonJson, remarksOf, repairJson, rowsDone } from "./commands/compare-text.ts";
export { londiste } from "./program/londiste.ts";
export { runLondiste } from "./program/run-londiste.ts";
