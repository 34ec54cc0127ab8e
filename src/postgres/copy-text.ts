// The text format of COPY: rows to bytes, and one field back to its value.
import { inPieces } from "./in-pieces.ts";

export type CopyValue = string | number | bigint | boolean | Buffer | null;

/** Rows are gathered to chunks of about this size: smaller ones cost a call each, larger ones only memory. */
const CHUNK_BYTES = 64 * 1024;

const SPECIAL = /[\\\n\r\t]/;

const escapes: Readonly<Record<string, string>> = { "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/** One value as a field of COPY text. A Buffer becomes the hex form of bytea. */
export function copyField(value: CopyValue): string {
  if (value === null) return "\\N";
  if (typeof value === "string") {
    return SPECIAL.test(value) ? inPieces(value, escaped) : value;
  }
  if (typeof value === "object") return `\\\\x${value.toString("hex")}`;
  if (typeof value === "boolean") return value ? "t" : "f";
  return String(value);
}

function escaped(text: string): string {
  return text.replaceAll(/[\\\n\r\t]/g, (char) => escapes[char] ?? char);
}

/** One row with its line end. */
export function copyRow(values: readonly CopyValue[]): string {
  return `${values.map(copyField).join("\t")}\n`;
}

/** Rows as chunks for Connection.copyFrom. */
export async function* copyRows(
  rows: AsyncIterable<readonly CopyValue[]> | Iterable<readonly CopyValue[]>,
): AsyncGenerator<Buffer> {
  let text = "";
  for await (const row of rows) {
    text += copyRow(row);
    if (text.length < CHUNK_BYTES) continue;
    yield Buffer.from(text);
    text = "";
  }
  if (text !== "") yield Buffer.from(text);
}

const controls: Readonly<Record<string, string>> = { b: "\b", f: "\f", n: "\n", r: "\r", t: "\t", v: "\v" };

/** The value of one field of COPY text, with all escapes that the server reads. */
export function parseCopyField(field: string): string | null {
  if (field === "\\N") return null;
  if (!field.includes("\\")) return field;
  return inPieces(field, unescaped, beforeEscape);
}

function unescaped(text: string): string {
  return text.replaceAll(/\\(x[0-9a-fA-F]{1,2}|[0-7]{1,3}|[^])/g, (_, code: string) => {
    if (/^x./.test(code)) return String.fromCharCode(Number.parseInt(code.slice(1), 16));
    if (/^[0-7]/.test(code)) return String.fromCharCode(Number.parseInt(code, 8) & 0xff);
    return controls[code] ?? code;
  });
}

const LONGEST_ESCAPE = 4;

/** Only an odd backslash begins an escape. */
function beforeEscape(text: string, at: number): number {
  const last = text.lastIndexOf("\\", at - 1);
  if (last <= at - LONGEST_ESCAPE) return at;
  let first = last;
  while (text[first - 1] === "\\") first -= 1;
  return (last - first) % 2 === 0 ? last : at;
}
