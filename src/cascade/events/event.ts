// One event of a cascaded queue, made from its line of COPY text. Only the line is kept: fields are cut out of it when
// somebody asks, so that a branch can pass an event on without looking into it, and a large chunk stays small.
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
const FIRST_CHANGEABLE = 4;
const TAB = 0x09;

/** What is written over the event on its way to a branch queue; what is left out stays. */
export type EventChanges = Partial<Record<(typeof CHANGEABLE)[number], string | null>>;

export class CascadeEvent {
  readonly #line: string;
  /** The field that was looked for last, and where it starts: fields are mostly read from left to right. */
  #field = 0;
  #start = 0;
  /** Everybody asks for it, several times. */
  #type: string | null | undefined;

  /** @param line - one line of COPY text without its end, columns as in EVENT_COLUMNS */
  constructor(line: string) {
    this.#line = line;
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
    const text = this.#raw(1);
    return text === "\\N" ? null : Number(text);
  }

  /** timestamptz as text. */
  get time(): string {
    return this.#raw(3);
  }

  get type(): string | null {
    if (this.#type === undefined) this.#type = unescaped(this.#repeated(FIRST_CHANGEABLE));
    return this.#type;
  }

  get data(): string | null {
    return unescaped(this.#raw(5));
  }

  get extra1(): string | null {
    return unescaped(this.#repeated(6));
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

  /** Size of the event as it was read, in characters. */
  get length(): number {
    return this.#line.length;
  }

  /**
   * The event as a line of COPY text with its end, for another queue: ev_id unless the queue gives ids of its own,
   * ev_time, ev_type, ev_data, ev_extra1 to 4.
   */
  toCopyLine(keepId: boolean, changes: EventChanges | null = null): string {
    const first = keepId ? 2 : 3;
    if (changes === null) return `${this.#line.slice(this.#startOf(first))}\n`;
    const fields = this.#line.split("\t").slice(first);
    for (const [index, name] of CHANGEABLE.entries()) {
      const value = changes[name];
      if (value !== undefined) fields[FIRST_CHANGEABLE + index - first] = copyField(value);
    }
    return `${fields.join("\t")}\n`;
  }

  #startOf(field: number): number {
    let at = field < this.#field ? 0 : this.#start;
    for (let i = field < this.#field ? 0 : this.#field; i < field; i++) {
      const tab = this.#line.indexOf("\t", at);
      at = tab < 0 ? this.#line.length : tab + 1;
    }
    this.#field = field;
    this.#start = at;
    return at;
  }

  #raw(field: number): string {
    const start = this.#startOf(field);
    const tab = this.#line.indexOf("\t", start);
    return this.#line.slice(start, tab < 0 ? undefined : tab);
  }

  /** A field that has the same text in many events: the same string is given for all of them. */
  #repeated(field: number): string {
    const start = this.#startOf(field);
    for (const text of recent) {
      if (this.#line.startsWith(text, start) && this.#line.charCodeAt(start + text.length) === TAB) return text;
    }
    const text = this.#raw(field);
    recent[(next += 1) % MOST_RECENT] = text;
    return text;
  }
}

const MOST_RECENT = 8;
const recent: string[] = [];
let next = 0;

function unescaped(text: string): string | null {
  return text.includes("\\") ? parseCopyField(text) : text;
}
