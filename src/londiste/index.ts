export { formatMergeState, parseMergeState, type MergeState, type MergeStateKind } from "./tables/merge-state.ts";
export { defaultHandlerName, formatHandlerText, parseHandlerText, type HandlerText } from "./tables/handler-text.ts";
export { formatAttributes, noAttributes, parseAttributes, type TableAttributes } from "./tables/attributes.ts";
export { fullName, toTableInfo, type CopyRole, type TableInfo, type TableRow } from "./tables/table-info.ts";
