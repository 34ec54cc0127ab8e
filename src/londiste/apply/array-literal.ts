// Values of one column as an array literal, which the server parses.
import type { RowChange } from "../row-events/index.ts";

const SPECIAL = /["\\]/;

/** @param position - which value of each change */
export function arrayLiteral(changes: readonly RowChange[], position: number): string {
  let text = "{";
  for (const { values } of changes) {
    if (text.length > 1) text += ",";
    const value = values[position];
    if (value === null || value === undefined) text += "NULL";
    else if (SPECIAL.test(value)) text += `"${value.replaceAll(/["\\]/g, "\\$&")}"`;
    else text += `"${value}"`;
  }
  return `${text}}`;
}
