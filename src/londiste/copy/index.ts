export { columnsOfSourceOnly, commonColumns, type TablePair } from "./choose-columns.ts";
export { copyTable, type CopyTableOptions, type CopyTableResult } from "./copy-table.ts";
export type { CopyPhase, CopyProgress } from "./progress.ts";
