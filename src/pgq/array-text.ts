// Arrays as the server writes them, so that every driver can carry them: as text, cast by the statement.

/** `{"a","b\"c",NULL}`: the literal of a text[]. */
export function arrayText(values: readonly (string | null)[]): string {
  return `{${values.map(element).join(",")}}`;
}

function element(value: string | null): string {
  return value === null ? "NULL" : `"${value.replaceAll(/["\\]/g, String.raw`\$&`)}"`;
}

/** The numbers in the text of a bigint[] without nulls. */
export function parseBigints(text: string): bigint[] {
  return text === "{}" ? [] : text.slice(1, -1).split(",").map(BigInt);
}
