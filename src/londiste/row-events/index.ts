export { eventKind, type EventKind } from "./event-type.ts";
export { foldKey, isSameShape, rowShape, type RowChange, type RowOperation, type RowShape } from "./row-change.ts";
export { RowReader, type RowEvent } from "./row-reader.ts";
