export { eventKind, type EventKind } from "./event-type.ts";
export {
  type FoldKey,
  foldKey,
  isSameShape,
  keyOfChange,
  rowShape,
  type RowChange,
  type RowOperation,
  type RowShape,
  writeValues,
} from "./row-change.ts";
export { RowReader, type RowEvent } from "./row-reader.ts";
export type { ValueWriter } from "./value-writer.ts";
