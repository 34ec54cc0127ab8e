// Values of changes as array literals, one for each column; the server parses them.
import type { RowChange } from "../row-events/index.ts";

const SPECIAL = /["\\]/;

/** @param positions - which values of each change, one array for each */
export function arrayLiterals(changes: readonly RowChange[], positions: readonly number[]): string[] {
  const columns = positions.map((): (string | null)[] => []);
  for (const { values } of changes) {
    for (let i = 0; i < columns.length; i++) {
      const value = values[positions[i] ?? -1] ?? null;
      columns[i]?.push(value !== null && SPECIAL.test(value) ? value.replaceAll(/["\\]/g, "\\$&") : value);
    }
  }
  return columns.map(arrayLiteral);
}

/** Joining in one step makes one string instead of one a value. */
function arrayLiteral(values: readonly (string | null)[]): string {
  if (!values.includes(null)) return `{"${values.join('","')}"}`;
  return `{${values.map((value) => (value === null ? "NULL" : `"${value}"`)).join(",")}}`;
}
