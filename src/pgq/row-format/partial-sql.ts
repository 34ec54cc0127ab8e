// Rows as pgq.sqltriga writes them: pieces of SQL.
//   I: (a, b) values ('1', null)     U: a='1', b=null where k='7' and j='8'     D: k='7' and j='8'
// Source: spec of the framework, chapter 9.2.
import { SkytoolsError } from "../../errors/index.ts";
import { unquoteLiteral } from "./literal.ts";
import type { RowText } from "./urlencode.ts";

export interface PartialRow {
  /** Columns that find the row, with their old values; empty for an insert. */
  readonly keys: RowText;
  /** Columns that are written. A key that changes is here too, with its new value. */
  readonly data: RowText;
}

type Pairs = Map<string, string | null>;

/** Keys and data apart: the only form that can tell a changed key. @throws WRONG_USE on anything that triggers do not write */
export function parsePartialSql(operation: string, text: string): PartialRow {
  const reader = new TokenReader(text);
  const row = readRow(operation, reader);
  if (!reader.isAtEnd) throw broken();
  return row;
}

/** The data columns, then the key columns; of a changed key the old value. */
export function mergedRow({ keys, data }: PartialRow): RowText {
  return new Map([...data, ...keys]);
}

function readRow(operation: string, reader: TokenReader): PartialRow {
  const data: Pairs = new Map();
  const keys: Pairs = new Map();
  if (operation === "I") readInsert(reader, data);
  else if (operation === "D") readPairs(reader, keys, "and");
  else if (operation === "U") {
    readPairs(reader, data, ",");
    if (reader.skip("where") && !reader.isAtEnd) readPairs(reader, keys, "and");
  } else throw broken();
  return { keys, data };
}

function readInsert(reader: TokenReader, data: Pairs): void {
  const columns = readList(reader, () => reader.name());
  reader.expect("values");
  const values = readList(reader, () => reader.value());
  if (columns.length !== values.length) throw broken();
  columns.forEach((column, index) => data.set(column, values[index] ?? null));
}

function readList<T>(reader: TokenReader, read: () => T): readonly T[] {
  reader.expect("(");
  const items = [read()];
  while (reader.skip(",")) items.push(read());
  reader.expect(")");
  return items;
}

function readPairs(reader: TokenReader, into: Pairs, separator: string): void {
  do {
    const name = reader.name();
    reader.expect("=");
    into.set(name, reader.value());
  } while (reader.skip(separator));
}

/** White space and comments, then one token: string, quoted name, word, number, or a sign. */
const TOKEN =
  /((?:\s|--[^\n]*(?:\n|$)|\/\*[^]*?\*\/)*)(e?'(?:[^'\\]|\\[^]|'')*'|\$(\w*)\$[^]*?\$\3\$|"(?:[^"]|"")+"|[a-z_\u0080-\uffff][\w$\u0080-\uffff]*|\d+(?:\.\d*)?(?:e[+-]?\d+)?|[(),=]|$)/iy;

class TokenReader {
  readonly #text: string;
  #at = 0;
  #token = "";

  constructor(text: string) {
    this.#text = text;
    this.#next();
  }

  get isAtEnd(): boolean {
    return this.#token === "";
  }

  /** Takes the token if it is this sign or word. */
  skip(expected: string): boolean {
    if (this.#token.toLowerCase() !== expected) return false;
    this.#next();
    return true;
  }

  expect(expected: string): void {
    if (!this.skip(expected)) throw broken();
  }

  name(): string {
    const token = this.#take(/^["a-z_\u0080-\uffff]/i);
    return token.startsWith('"') ? token.slice(1, -1).replaceAll('""', '"') : token.toLowerCase();
  }

  value(): string | null {
    return unquoteLiteral(this.#take(/^(?!["(),=])/));
  }

  #take(allowed: RegExp): string {
    const token = this.#token;
    if (token === "" || !allowed.test(token)) throw broken();
    this.#next();
    return token;
  }

  #next(): void {
    TOKEN.lastIndex = this.#at;
    const match = TOKEN.exec(this.#text);
    if (match === null) throw broken();
    this.#at = TOKEN.lastIndex;
    this.#token = match[2] ?? "";
  }
}

/** The text is data of a user: it is not repeated. */
function broken(): SkytoolsError {
  return new SkytoolsError("WRONG_USE", "an event does not hold a piece of SQL as pgq.sqltriga writes it");
}
