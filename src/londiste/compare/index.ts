export { compareDefaults, compareTable } from "./compare-table.ts";
export type {
  Agreement,
  CompareOptions,
  CompareProgress,
  CompareSide,
  DifferenceBatch,
  DifferenceKind,
  MatchedColumn,
  RowDifference,
  SideTotals,
  TableComparison,
  TableMatch,
} from "./options.ts";
