// A row as logutriga writes it, id=1&name=x&note, whose columns are known.
import { decodeText } from "../../pgq/row-format/index.ts";
import type { Values } from "./json-row.ts";

const EQUALS = 0x3d;
const AND = 0x26;

/** Null: the row has other columns. @param names - as they stand in the row, urlencoded. @throws WRONG_USE */
export function readUrlencodedValues(text: string, names: readonly string[]): Values | null {
  const values: Values = [];
  let at = 0;
  for (const name of names) {
    if (!text.startsWith(name, at)) return null;
    at += name.length;
    const next = text.charCodeAt(at);
    if (next === EQUALS) {
      const found = text.indexOf("&", at + 1);
      const end = found < 0 ? text.length : found;
      values.push(decodeText(text.slice(at + 1, end)));
      at = end + 1;
    } else if (next === AND || at === text.length) {
      values.push(null);
      at++;
    } else return null;
  }
  return at === text.length + 1 ? values : null;
}
