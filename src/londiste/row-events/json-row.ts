// A row as jsontriga writes it, {"id":1,"name":"x"}, to its values. JSON.parse would round an int8, and is not needed: the
// server reads the values. Rows are read as bytes, for most values go on to the server as they are.
import type { BytePlace } from "../../cascade/events/index.ts";
import { type FoldKey, keyOfText, MOST_DIGITS, type RowSource } from "./row-change.ts";
import type { ValueWriter } from "./value-writer.ts";

export type Values = (string | null)[];

/** What was found of the values of a row. */
export type Found =
  /** The row has other columns than were expected, or is not written as the triggers do. */
  | "other"
  /** All, and none of their texts has escapes. */
  | "plain"
  /** All. */
  | "escaped";

/** Where values are noted is got for so many at once. */
const NOTED = 8_192;

/** Reads rows that have the same columns, in the same order. */
export class JsonFormat {
  readonly #heads: readonly Buffer[];
  #bytes: Buffer = Buffer.alloc(0);
  #notes = new Int32Array(0);
  /** Of the row that was looked at last. */
  #at = 0;

  constructor(columns: readonly string[]) {
    this.#heads = columns.map((column) => Buffer.from(`${JSON.stringify(column)}:`)); // as it stands in the row
  }

  /** Looks for the values of a row; row() gives it then. */
  find({ block: bytes, start, end }: BytePlace): Found {
    const notes = this.#room();
    let at = start + 1;
    let found: Found = "plain";
    let note = this.#at;
    for (const head of this.#heads) {
      for (let k = 0; k < head.length; k++) if (bytes[at + k] !== head[k]) return "other";
      const from = at + head.length;
      const to = valueEnd(bytes, from, end);
      notes[note++] = from;
      notes[note++] = to;
      at = whole(to) + 1;
      if (to < 0) found = "escaped";
    }
    const isWhole = at === end && bytes[at - 1] === CLOSE_BRACE && bytes[start] === OPEN_BRACE;
    this.#bytes = bytes;
    return isWhole ? found : "other";
  }

  /** The row that was found last. */
  row(): JsonRow {
    const row = new JsonRow(this.#bytes, this.#notes, this.#at, this.#heads.length);
    this.#at += 2 * this.#heads.length;
    return row;
  }

  #room(): Int32Array {
    const size = 2 * this.#heads.length;
    if (this.#at + size <= this.#notes.length) return this.#notes;
    this.#notes = new Int32Array(Math.max(size, NOTED - (NOTED % size)));
    this.#at = 0;
    return this.#notes;
  }
}

/** A row whose values were found. */
export class JsonRow implements RowSource {
  readonly #bytes: Buffer;
  /** From `at` on, where each value begins and ends; the end is inverted where the text has escapes. */
  readonly #notes: Int32Array;
  readonly #at: number;
  readonly #columns: number;

  constructor(bytes: Buffer, notes: Int32Array, at: number, columns: number) {
    this.#bytes = bytes;
    this.#notes = notes;
    this.#at = at;
    this.#columns = columns;
  }

  values(): Values {
    return Array.from({ length: this.#columns }, (_, position) => this.value(position));
  }

  /** Null also where no value is: -1. */
  value(position: number): string | null {
    if (position < 0) return null;
    return valueText(this.#bytes, this.#start(position), this.#end(position));
  }

  /** As keyOfText of its value. */
  key(position: number): FoldKey | null {
    if (position < 0) return null;
    return digits(this.#bytes, this.#start(position), this.#end(position)) ?? keyOfText(this.value(position));
  }

  write(positions: readonly number[], writers: readonly ValueWriter[]): void {
    for (let i = 0; i < positions.length; i++) this.#write(positions[i] ?? -1, writers[i] as ValueWriter);
  }

  /** Gives a value to the writer, as bytes if that can be. */
  #write(position: number, writer: ValueWriter): void {
    if (position < 0) {
      writer.text(null);
      return;
    }
    const bytes = this.#bytes;
    const start = this.#start(position);
    const end = this.#end(position);
    const first = bytes[start];
    if (end < 0) writer.text(valueText(bytes, start, end));
    else if (first === QUOTE) writer.plain(bytes, start + 1, end - 1);
    else if (first === OPEN_BRACE || first === OPEN_BRACKET) writer.text(bytes.toString("utf8", start, end));
    else if (isNull(bytes, start, end)) writer.text(null);
    else writer.plain(bytes, start, end);
  }

  #start(position: number): number {
    return this.#notes[this.#at + 2 * position] ?? 0;
  }

  #end(position: number): number {
    return this.#notes[this.#at + 2 * position + 1] ?? 0;
  }
}

/** Reads any JSON object. @throws SyntaxError */
export function readJsonRow(text: string): Map<string, string | null> {
  JSON.parse(text); // it is JSON, or this throws
  if (!text.trimStart().startsWith("{")) throw new SyntaxError("no JSON object");
  const bytes = Buffer.from(text);
  const row = new Map<string, string | null>();
  let at = skipSpace(bytes, bytes.indexOf(OPEN_BRACE) + 1);
  while (bytes[at] === QUOTE) {
    const nameEnd = valueEnd(bytes, at, bytes.length);
    const start = skipSpace(bytes, bytes.indexOf(COLON, whole(nameEnd)) + 1);
    const end = valueEnd(bytes, start, bytes.length);
    row.set(valueText(bytes, at, nameEnd) ?? "", valueText(bytes, start, end));
    at = skipSpace(bytes, skipSpace(bytes, whole(end)) + 1);
  }
  return row;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const COMMA = 0x2c;
const COLON = 0x3a;
const SPACE = 0x20;
const LETTER_N = 0x6e;
const ZERO = 0x30;

/** Position behind the value that starts at `start`; inverted when there is a backslash in it. */
function valueEnd(bytes: Buffer, start: number, limit: number): number {
  const first = bytes[start];
  if (first === QUOTE) return stringEnd(bytes, start, limit);
  if (first === OPEN_BRACE || first === OPEN_BRACKET) return nestedEnd(bytes, start, limit);
  let at = start;
  let hasEscapes = false;
  for (; at < limit; at++) {
    const byte = bytes[at] ?? 0;
    if (byte === COMMA || byte === CLOSE_BRACE || byte === CLOSE_BRACKET || byte <= SPACE) break;
    if (byte === BACKSLASH) hasEscapes = true;
  }
  return hasEscapes ? ~at : at;
}

function stringEnd(bytes: Buffer, start: number, limit: number): number {
  let hasEscapes = false;
  for (let at = start + 1; at < limit; at++) {
    const byte = bytes[at] ?? 0;
    if (byte === QUOTE) return hasEscapes ? ~(at + 1) : at + 1;
    if (byte < SPACE) return limit; // no JSON
    if (byte !== BACKSLASH) continue;
    hasEscapes = true;
    at++;
  }
  return hasEscapes ? ~limit : limit;
}

function nestedEnd(bytes: Buffer, start: number, limit: number): number {
  let depth = 0;
  let hasEscapes = false;
  let at = start;
  do {
    const byte = bytes[at];
    if (byte === QUOTE) {
      const end = stringEnd(bytes, at, limit);
      if (end < 0) hasEscapes = true;
      at = whole(end);
      continue;
    }
    if (byte === BACKSLASH) hasEscapes = true;
    else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) depth++;
    else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) depth--;
    at++;
  } while (depth > 0 && at < limit);
  return hasEscapes ? ~at : at;
}

/** A position that may be inverted. */
function whole(position: number): number {
  return position < 0 ? ~position : position;
}

function valueText(bytes: Buffer, start: number, end: number): string | null {
  if (bytes[start] === QUOTE) {
    if (end < 0) return JSON.parse(bytes.toString("utf8", start, ~end)) as string;
    return bytes.toString("utf8", start + 1, end - 1);
  }
  return isNull(bytes, start, end) ? null : bytes.toString("utf8", start, whole(end));
}

/** The number, when it is a value of a few digits without quotes. */
function digits(bytes: Buffer, start: number, end: number): number | null {
  if (end - start > MOST_DIGITS || end <= start || bytes[start] === ZERO) return null;
  let number = 0;
  for (let at = start; at < end; at++) {
    const digit = (bytes[at] ?? 0) - ZERO;
    if (digit < 0 || digit > 9) return null;
    number = 10 * number + digit;
  }
  return number;
}

/** The word null: no other value begins with its letter. */
function isNull(bytes: Buffer, start: number, end: number): boolean {
  return bytes[start] === LETTER_N && end - start === 4;
}

function skipSpace(bytes: Buffer, from: number): number {
  let at = from;
  while (at < bytes.length && (bytes[at] ?? 0) <= SPACE) at++;
  return at;
}
