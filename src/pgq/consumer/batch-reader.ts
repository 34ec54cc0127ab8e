// The events of a batch, a chunk at a time through a cursor, in the order of their ids. The next chunk is fetched while
// the last one is worked on, so two chunks are in memory, however large the batch is.
import type { Session } from "../database.ts";
import { batchEventSql } from "../sql-calls/batch.ts";
import type { EventRow } from "./event.ts";
import type { BatchInfo } from "./seam.ts";

const COLUMNS = [
  "ev_id::text as id",
  "ev_time::text as time",
  "ev_txid::text as txid",
  "ev_retry as retry",
  ...["type", "data", "extra1", "extra2", "extra3", "extra4"].map((name) => `ev_${name} as ${name}`),
].join(", ");

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
  #ahead: Promise<Fetched> | null = null;
  #first: Rows | null = null;
  #isOpen = false;
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
    if (!this.#isOpen) await this.#declare();
    const fetched = await (this.#ahead ?? this.#fetch());
    this.#ahead = null;
    if ("error" in fetched) throw fetched.error;
    const { rows } = fetched;
    if (rows.length < this.#options.fetchSize) this.#isAtEnd = true;
    else if (this.#session.isNativeUsed !== true) this.#ahead = this.#fetch();
    return rows.length === 0 ? null : rows;
  }

  /** Waits for a chunk that is being fetched, so that the session is free. */
  async settle(): Promise<void> {
    await this.#ahead;
  }

  async #declare(): Promise<void> {
    const text = await batchEventSql(this.#session, this.#batch.id);
    const filters = [this.#options.filter, this.#batch.filter ?? null].filter((filter) => filter !== null);
    const where = filters.length === 0 ? "" : ` where ${filters.map((filter) => `(${filter}\n)`).join(" and ")}`;
    await this.#session.query(
      `declare pgq_events no scroll cursor for select ${COLUMNS} from (${text}) e${where} order by ev_id`,
    );
    this.#isOpen = true;
  }

  async #fetch(): Promise<Fetched> {
    const sql = `fetch ${this.#options.fetchSize} from pgq_events`;
    try {
      if (this.#session.queryArrays !== undefined) return { rows: (await this.#session.queryArrays(sql)) as Rows };
      const rows = await this.#session.query<Record<string, never>>(sql);
      return { rows: rows.map((row) => Object.values(row) as unknown as EventRow) };
    } catch (error) {
      return { error };
    }
  }
}
