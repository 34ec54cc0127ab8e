// One event of a cascaded queue, made from its line of COPY text. Fields are decoded only when somebody asks, so that a
// branch can pass an event on without looking into it.
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

/** What is written over the event on its way to a branch queue; what is left out stays. */
export type EventChanges = Partial<Record<(typeof CHANGEABLE)[number], string | null>>;

export class CascadeEvent {
  readonly #line: string;
  readonly #fields: readonly string[];

  /** @param line - one line of COPY text without its end, columns as in EVENT_COLUMNS */
  constructor(line: string) {
    this.#line = line;
    this.#fields = line.split("\t");
  }

  get id(): bigint {
    return BigInt(this.#fields[2] ?? "");
  }

  /** The id as the server wrote it. */
  get idText(): string {
    return this.#fields[2] ?? "";
  }

  /** Transaction id of the server that the event was read from; it means nothing on any other. */
  get txid(): bigint {
    return BigInt(this.#fields[0] ?? "");
  }

  /** Not null in a cascaded queue is an error. */
  get retry(): number | null {
    const text = this.#fields[1];
    return text === undefined || text === "\\N" ? null : Number(text);
  }

  /** timestamptz as text. */
  get time(): string {
    return this.#fields[3] ?? "";
  }

  get type(): string | null {
    return this.#field(4);
  }

  get data(): string | null {
    return this.#field(5);
  }

  get extra1(): string | null {
    return this.#field(6);
  }

  get extra2(): string | null {
    return this.#field(7);
  }

  get extra3(): string | null {
    return this.#field(8);
  }

  get extra4(): string | null {
    return this.#field(9);
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
    if (changes === null) return `${this.#line.slice(this.#start(first))}\n`;
    const fields = this.#fields.slice(first, 4);
    for (const [index, name] of CHANGEABLE.entries()) {
      const value = changes[name];
      fields.push(value === undefined ? (this.#fields[4 + index] ?? "") : copyField(value));
    }
    return `${fields.join("\t")}\n`;
  }

  #start(column: number): number {
    let start = 0;
    for (let i = 0; i < column; i++) start += (this.#fields[i]?.length ?? 0) + 1;
    return start;
  }

  #field(index: number): string | null {
    const text = this.#fields[index];
    return text === undefined ? null : text.includes("\\") ? parseCopyField(text) : text;
  }
}
