// One event of a cascaded queue, made from its line of COPY text. Only the bytes of the line are kept: fields are cut out of
// them when somebody asks, so that a branch can pass an event on without looking into it, and a large chunk stays small.
import { copyField, parseCopyField } from "../../postgres/index.ts";

/**
 * Order of the columns in the COPY that reads a batch. What a branch stores stands at the end in one piece, so that it
 * is passed on as it came.
 */
export const EVENT_COLUMNS = [
  "ev_txid",
  "ev_retry",
  "ev_id",
  "ev_time",
  "ev_type",
  "ev_data",
  "ev_extra1",
  "ev_extra2",
  "ev_extra3",
  "ev_extra4",
] as const;

const CHANGEABLE = ["type", "data", "extra1", "extra2", "extra3", "extra4"] as const;
const TYPE = 4;
const DATA = 5;
const EXTRA1 = 6;
const TAB = 0x09;
const BACKSLASH = 0x5c;

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
  #typeAt = 0;
  #dataAt = 0;
  #extra1At = 0;
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
    return this.#raw(2);
  }

  /** Transaction id of the server that the event was read from; it means nothing on any other. */
  get txid(): bigint {
    return BigInt(this.#raw(0));
  }

  /** Not null in a cascaded queue is an error. */
  get retry(): number | null {
    const at = this.#startOf(1);
    return this.#block[at] === BACKSLASH ? null : Number(this.#raw(1)); // \N
  }

  /** timestamptz as text. */
  get time(): string {
    return this.#raw(3);
  }

  get type(): string | null {
    if (this.#type === undefined) this.#type = unescaped(this.#repeated(TYPE));
    return this.#type;
  }

  get data(): string | null {
    return unescaped(this.#raw(DATA));
  }

  /** The field of `data` as it came: with the escapes of COPY, if there are any. */
  get dataField(): BytePlace {
    const start = this.#startOf(DATA);
    return { block: this.#block, start, end: this.#startOf(EXTRA1) - 1 };
  }

  get extra1(): string | null {
    return unescaped(this.#repeated(EXTRA1));
  }

  get extra2(): string | null {
    return unescaped(this.#raw(7));
  }

  get extra3(): string | null {
    return unescaped(this.#raw(8));
  }

  get extra4(): string | null {
    return unescaped(this.#raw(9));
  }

  /** Size of the event as it was read, in bytes. */
  get length(): number {
    return this.#end - this.#start;
  }

  /**
   * The event as a line of COPY text without its end, for another queue: ev_id unless the queue gives ids of its own,
   * ev_time, ev_type, ev_data, ev_extra1 to 4.
   */
  toCopyLine(keepId: boolean, changes: EventChanges | null = null): Buffer {
    const first = keepId ? 2 : 3;
    const line = this.#block.subarray(this.#startOf(first), this.#end);
    if (changes === null) return line;
    const fields = line.toString().split("\t");
    for (const [index, name] of CHANGEABLE.entries()) {
      const value = changes[name];
      if (value !== undefined) fields[TYPE + index - first] = copyField(value);
    }
    return Buffer.from(fields.join("\t"));
  }

  /** Fields are mostly asked for in the order type, extra1, data. */
  #startOf(field: number): number {
    if (field < TYPE) return this.#skip(this.#start, field);
    this.#typeAt ||= this.#skip(this.#start, TYPE);
    if (field === TYPE) return this.#typeAt;
    this.#dataAt ||= this.#skip(this.#typeAt, 1);
    if (field === DATA) return this.#dataAt;
    this.#extra1At ||= this.#skip(this.#dataAt, 1);
    return this.#skip(this.#extra1At, field - EXTRA1);
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

  #raw(field: number): string {
    const start = this.#startOf(field);
    return this.#block.toString("utf8", start, this.#fieldEnd(start));
  }

  /** A field that has the same text in many events: the same string is given for all of them. */
  #repeated(field: number): string {
    const start = this.#startOf(field);
    for (const { bytes, text } of recent) {
      const end = start + bytes.length;
      if ((end === this.#end || this.#block[end] === TAB) && isAt(this.#block, start, bytes)) return text;
    }
    const text = this.#raw(field);
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
