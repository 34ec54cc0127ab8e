// Rows as pgq.logutriga writes them: key=value pairs joined by "&"; NULL is a key without "=".
// Source: spec of the framework, chapter 9.1.
import { SkytoolsError } from "../../errors/index.ts";

/** Column names and their texts, in the order of the table. */
export type RowText = ReadonlyMap<string, string | null>;

/** Writes a row byte for byte as the triggers do: lower-case hex, a space is "+". */
export function encodeRow(row: Iterable<readonly [column: string, value: string | null]>): string {
  return Array.from(row, ([column, value]) =>
    value === null ? encodeText(column) : `${encodeText(column)}=${encodeText(value)}`,
  ).join("&");
}

/** Reads a row; hex in either case. The last one of a column that stands twice counts. @throws WRONG_USE */
export function decodeRow(text: string): RowText {
  const row = new Map<string, string | null>();
  for (const part of text.split("&")) {
    if (part === "") continue;
    const equals = part.indexOf("=");
    if (equals < 0) row.set(decodeText(part), null);
    else row.set(decodeText(part.slice(0, equals)), decodeText(part.slice(equals + 1)));
  }
  return row;
}

function encodeText(text: string): string {
  return text.replaceAll(/[^A-Za-z0-9._-]+/g, (run) => {
    let encoded = "";
    for (const byte of Buffer.from(run)) encoded += byte === 0x20 ? "+" : `%${byte.toString(16).padStart(2, "0")}`;
    return encoded;
  });
}

/** One name or value. @throws WRONG_USE */
export function decodeText(text: string): string {
  const spaced = text.includes("+") ? text.replaceAll("+", " ") : text;
  if (!spaced.includes("%")) return spaced;
  try {
    return decodeURIComponent(spaced);
  } catch (cause) {
    // The text is data of a user: it is not repeated.
    throw new SkytoolsError("WRONG_USE", "a row in an event is not urlencoded UTF-8", { cause });
  }
}
