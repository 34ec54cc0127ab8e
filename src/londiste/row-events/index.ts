export type { RowChange, RowOperation, RowShape } from "./row-change.ts";
