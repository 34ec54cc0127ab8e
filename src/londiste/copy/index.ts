export { columnsOfSourceOnly, commonColumns, type TablePair } from "./choose-columns.ts";
export {
  copyTable,
  type CopyRecorder,
  type CopyScene,
  type CopyTableOptions,
  type CopyTableResult,
  type StoredRange,
} from "./copy-table.ts";
export type { CopyPhase, CopyProgress } from "./progress.ts";
export { copyProgressText } from "./progress-text.ts";
