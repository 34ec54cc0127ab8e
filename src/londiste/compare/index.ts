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
