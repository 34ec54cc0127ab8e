export { decodeRow, decodeText, encodeRow, type RowText } from "./urlencode.ts";
export { unescapeText, unquoteLiteral } from "./literal.ts";
export { mergedRow, parsePartialSql, type PartialRow } from "./partial-sql.ts";
