// Writes names and values into SQL text. Statements take values as parameters; this is for what cannot be a parameter.
import { SkytoolsError } from "../errors/index.ts";
import { reservedWords } from "./reserved-words.ts";

const PLAIN_NAME = /^[a-z_][a-z0-9_]*$/;

/** Like the server's quote_ident: quotes only where they are needed. @throws WRONG_USE on a zero byte */
export function quoteIdent(name: string): string {
  refuseZero(name);
  return PLAIN_NAME.test(name) && !reservedWords.has(name) ? name : `"${name.replaceAll('"', '""')}"`;
}

/** Like the server's quote_nullable: null becomes the word null; a value with a backslash gets the E'' form. */
export function quoteLiteral(value: string | number | bigint | boolean | null): string {
  if (value === null) return "null";
  const text = String(value);
  refuseZero(text);
  const quoted = `'${text.replaceAll("'", "''")}'`;
  return text.includes("\\") ? `E${quoted.replaceAll("\\", "\\\\")}` : quoted;
}

/** Schema and name: split at the first dot; without a dot the schema is public. The parts are not unquoted. */
export function splitFqname(name: string): readonly [schema: string, name: string] {
  const dot = name.indexOf(".");
  return dot < 0 ? ["public", name] : [name.slice(0, dot), name.slice(dot + 1)];
}

/** Quotes "schema.name", as splitFqname sees it. */
export function quoteFqname(name: string): string {
  return splitFqname(name).map(quoteIdent).join(".");
}

/** Reverse of quoteIdent: what is not quoted is folded to lower case. @throws WRONG_USE on a quote in the middle */
export function unquoteIdent(text: string): string {
  if (/^"[^]*"$/.test(text) && text.length > 1) return text.slice(1, -1).replaceAll('""', '"');
  if (text.startsWith('"')) return text;
  if (!text.includes('"')) return text.toLowerCase();
  throw new SkytoolsError("WRONG_USE", `${text} is not an identifier`);
}

/** Reverse of quoteFqname; dots inside of quotes stay. */
export function unquoteFqname(text: string): string {
  const parts = text.match(/(?:"(?:[^"]|"")*"|[^.])+/g) ?? [];
  return parts.map(unquoteIdent).join(".");
}

function refuseZero(text: string): void {
  if (text.includes("\0")) throw new SkytoolsError("WRONG_USE", "a name or value for SQL text holds a zero byte");
}
