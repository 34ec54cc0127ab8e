// One event of a cascaded queue, made from its line of COPY text. Only the bytes of the line are kept: fields are cut out of
// them when somebody asks, so that a branch can pass an event on without looking into it, and a large chunk stays small.
import { copyField, parseCopyField } from "../../postgres/index.ts";

/** What a branch stores, in one piece, so that it is passed on as it came; what is asked of every row event stands first. */
export const STORED_COLUMNS = [
  "ev_type",
  "ev_extra1",
  "ev_extra2",
  "ev_data",
  "ev_extra3",
  "ev_extra4",
  "ev_time",
  "ev_id",
] as const;

/** Order of the columns in the COPY that reads a batch. */
export const EVENT_COLUMNS = [...STORED_COLUMNS, "ev_retry", "ev_txid"] as const;

const CHANGEABLE = ["type", "extra1", "extra2", "data", "extra3", "extra4"] as const;
/** Fields that are found from the beginning of the line. */
const EXTRA1 = 1;
const EXTRA2 = 2;
const DATA = 3;
const EXTRA3 = 4;
const EXTRA4 = 5;
/** And from its end. */
const TXID = 0;
const RETRY = 1;
const ID = 2;
const TIME = 3;
const TAB = 0x09;
const BACKSLASH = 0x5c;
const LETTER_N = 0x4e;

/** What is written over the event on its way to a branch queue; what is left out stays. */
export type EventChanges = Partial<Record<(typeof CHANGEABLE)[number], string | null>>;

/** Bytes of a block. */
export interface BytePlace {
  readonly block: Buffer;
  readonly start: number;
  readonly end: number;
}

export class CascadeEvent {
  readonly #block: Buffer;
  readonly #start: number;
  readonly #end: number;
  /** Where these fields start; 0: not looked for yet. */
  #extra1At = 0;
  #dataAt = 0;
  /** Everybody asks for it, several times. */
  #type: string | null | undefined;

  /** One line of COPY text without its end, columns as in EVENT_COLUMNS. The bytes must stay as they are. */
  constructor(block: Buffer, start = 0, end = block.length) {
    this.#block = block;
    this.#start = start;
    this.#end = end;
  }

  get id(): bigint {
    return BigInt(this.idText);
  }

  /** The id as the server wrote it. */
  get idText(): string {
    return this.#rawFromEnd(ID);
  }

  /** Transaction id of the server that the event was read from; it means nothing on any other. */
  get txid(): bigint {
    return BigInt(this.#rawFromEnd(TXID));
  }

  /** Not null in a cascaded queue is an error. */
  get retry(): number | null {
    return this.#block[this.#endOf(RETRY) - 2] === BACKSLASH ? null : Number(this.#rawFromEnd(RETRY)); // \N
  }

  /** timestamptz as text. */
  get time(): string {
    return this.#rawFromEnd(TIME);
  }

  get type(): string | null {
    if (this.#type === undefined) this.#type = unescaped(this.#repeated(this.#start));
    return this.#type;
  }

  get data(): string | null {
    return unescaped(this.#raw(DATA));
  }

  /** The field of `data` as it came: with the escapes of COPY, if there are any. */
  get dataField(): BytePlace {
    const start = this.#startOf(DATA);
    return { block: this.#block, start, end: this.#block.indexOf(TAB, start) };
  }

  get extra1(): string | null {
    return unescaped(this.#repeated(this.#startOf(EXTRA1)));
  }

  get extra2(): string | null {
    const at = this.#startOf(EXTRA2);
    const isNull = this.#block[at] === BACKSLASH && this.#block[at + 1] === LETTER_N; // a backslash in a text is doubled
    return isNull ? null : unescaped(this.#rawAt(at));
  }

  get extra3(): string | null {
    return unescaped(this.#raw(EXTRA3));
  }

  get extra4(): string | null {
    return unescaped(this.#raw(EXTRA4));
  }

  /** Size of the event as it was read, in bytes. */
  get length(): number {
    return this.#end - this.#start;
  }

  /** The event as a line of COPY text without its end, for another queue: STORED_COLUMNS, the last of them if `keepId`. */
  toCopyLine(keepId: boolean, changes: EventChanges | null = null): Buffer {
    const line = this.#block.subarray(this.#start, this.#endOf(keepId ? ID : TIME));
    if (changes === null) return line;
    const fields = line.toString().split("\t");
    for (const [index, name] of CHANGEABLE.entries()) {
      const value = changes[name];
      if (value !== undefined) fields[index] = copyField(value);
    }
    return Buffer.from(fields.join("\t"));
  }

  /** Fields are mostly asked for in the order type, extra1, extra2, data. */
  #startOf(field: number): number {
    this.#extra1At ||= this.#skip(this.#start, EXTRA1);
    if (field < DATA) return this.#skip(this.#extra1At, field - EXTRA1);
    this.#dataAt ||= this.#skip(this.#extra1At, DATA - EXTRA1);
    return this.#skip(this.#dataAt, field - DATA);
  }

  #skip(from: number, fields: number): number {
    let at = from;
    for (let i = 0; i < fields; i++) at = this.#fieldEnd(at) + 1;
    return at;
  }

  #fieldEnd(from: number): number {
    const block = this.#block;
    const near = Math.min(from + NEAR, this.#end);
    for (let at = from; at < near; at++) if (block[at] === TAB) return at;
    const tab = block.indexOf(TAB, near);
    return tab < 0 || tab > this.#end ? this.#end : tab;
  }

  /** Where the field ends that has so many behind it. */
  #endOf(behind: number): number {
    let at = this.#end;
    for (let i = 0; i < behind; i++) at = this.#tabBefore(at);
    return at;
  }

  /** These fields are short. */
  #tabBefore(end: number): number {
    const block = this.#block;
    let at = end - 1;
    while (at > this.#start && block[at] !== TAB) at--;
    return at;
  }

  #rawFromEnd(behind: number): string {
    const end = this.#endOf(behind);
    return this.#block.toString("latin1", this.#tabBefore(end) + 1, end);
  }

  #raw(field: number): string {
    return this.#rawAt(this.#startOf(field));
  }

  #rawAt(start: number): string {
    return this.#block.toString("utf8", start, this.#fieldEnd(start));
  }

  /** The text of the field that starts there, which many events have: the same string is given for all of them. */
  #repeated(start: number): string {
    for (const { bytes, text } of recent) {
      const end = start + bytes.length;
      if ((end === this.#end || this.#block[end] === TAB) && isAt(this.#block, start, bytes)) return text;
    }
    const text = this.#rawAt(start);
    recent[next++ % MOST_RECENT] = { text, bytes: Buffer.from(text) };
    return text;
  }
}

/** Of a few bytes a loop is faster than a call. */
const NEAR = 48;
const MOST_RECENT = 8;
const recent: { readonly text: string; readonly bytes: Buffer }[] = [];
let next = 0;

function isAt(block: Buffer, start: number, bytes: Buffer): boolean {
  for (let i = 0; i < bytes.length; i++) if (block[start + i] !== bytes[i]) return false;
  return true;
}

function unescaped(text: string): string | null {
  return text.includes("\\") ? parseCopyField(text) : text;
}
