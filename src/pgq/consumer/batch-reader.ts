// The events of a batch, a chunk at a time through a cursor, in the order of their ids. The next chunk is fetched while
// the last one is worked on, so two chunks are in memory, however large the batch is.
import type { Session, TextCursor } from "../database.ts";
import { declaredCursor } from "../drivers/declared-cursor.ts";
import { batchEventSql } from "../sql-calls/batch.ts";
import type { EventRow } from "./event.ts";
import type { BatchInfo } from "./seam.ts";

const COLUMNS = ["id", "time", "txid", "retry", "type", "data", "extra1", "extra2", "extra3", "extra4"].map(
  (name) => `ev_${name}`,
);

export interface ReadOptions {
  /** Events a chunk. */
  readonly fetchSize: number;
  /** SQL condition over ev_*. */
  readonly filter: string | null;
}

type Rows = readonly EventRow[];
/** A promise that is looked at later must not count as unhandled meanwhile. */
type Fetched = { readonly rows: Rows } | { readonly error: unknown };

export class BatchReader {
  readonly #session: Session;
  readonly #batch: BatchInfo;
  readonly #options: ReadOptions;
  #cursor: TextCursor | null = null;
  #ahead: Promise<Fetched> | null = null;
  #first: Rows | null = null;
  #isAtEnd = false;

  constructor(session: Session, batch: BatchInfo, options: ReadOptions) {
    this.#session = session;
    this.#batch = batch;
    this.#options = options;
  }

  /** All events were handed out. */
  get isAtEnd(): boolean {
    return this.#isAtEnd && this.#first === null;
  }

  /** What hasEvents() has read and next() has not given out. */
  get kept(): Rows {
    return this.#first ?? [];
  }

  /** Reads the first chunk and keeps it. @returns whether there is an event at all */
  async hasEvents(): Promise<boolean> {
    this.#first ??= await this.#read();
    return this.#first !== null;
  }

  /** The next chunk; null at the end. */
  async next(): Promise<Rows | null> {
    const first = this.#first;
    this.#first = null;
    return first ?? (await this.#read());
  }

  async #read(): Promise<Rows | null> {
    if (this.#isAtEnd) return null;
    this.#cursor ??= await this.#open();
    const cursor = this.#cursor;
    const fetched = await (this.#ahead ?? this.#fetch(cursor));
    this.#ahead = null;
    if ("error" in fetched) throw fetched.error;
    const { rows } = fetched;
    if (rows.length < this.#options.fetchSize) this.#isAtEnd = true;
    else if (this.#session.isNativeUsed !== true) this.#ahead = this.#fetch(cursor);
    return rows.length === 0 ? null : rows;
  }

  /** Waits for a chunk that is being fetched, so that the session is free. */
  async settle(): Promise<void> {
    await this.#ahead;
  }

  async #open(): Promise<TextCursor> {
    const text = this.#batch.eventSql ?? (await batchEventSql(this.#session, this.#batch.id));
    const filters = [this.#options.filter, this.#batch.filter ?? null].filter((filter) => filter !== null);
    const where = filters.length === 0 ? "" : ` where ${filters.map((filter) => `(${filter}\n)`).join(" and ")}`;
    const from = `from (${text}) e${where} order by e.ev_id`;
    return this.#session.textCursor?.(COLUMNS, from) ?? declaredCursor(this.#session, COLUMNS, from);
  }

  async #fetch(cursor: TextCursor): Promise<Fetched> {
    try {
      return { rows: (await cursor.fetch(this.#options.fetchSize)) as unknown as Rows };
    } catch (error) {
      return { error };
    }
  }
}
