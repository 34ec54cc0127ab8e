// Gives foreign keys back that copies took away, once both tables are in sync. In the background, on a session of its
// own: a validation may take long, and the replay must not wait for it. Source: spec of londiste, 8.1; differs there: the
// old worker stopped the replay when a key did not fit the rows.
import type { Clock } from "../../clock/index.ts";
import type { Connection } from "../../postgres/index.ts";
import { type Logger, redact } from "../../service/index.ts";
import { type ForeignKey, restoreTableFkey, validPendingFkeys } from "../sql-calls/index.ts";

export interface FkeyKeeperParts {
  readonly queue: string;
  readonly log: Logger;
  readonly clock: Clock;
  /** A session of its own on this node; whoever asked closes it. */
  readonly connect: (signal: AbortSignal) => Promise<Connection>;
}

/** Without a reason to look, this often. */
const LOOK_MS = 30_000;
/** A key that did not fit is tried again. */
const RETRY_MS = 60_000;
/** Shorter than deadlock_timeout, so that it is this session that gives way to the replay. */
const LOCK_TIMEOUT = "500ms";

export class FkeyKeeper {
  readonly #parts: FkeyKeeperParts;
  readonly #stop = new AbortController();
  readonly #failedMs = new Map<string, number>();
  #running: Promise<void> | null = null;
  #lookedMs = -Infinity;

  constructor(parts: FkeyKeeperParts) {
    this.#parts = parts;
  }

  /** @param isChanged - tables have come into sync, perhaps. Does not wait for the keys. */
  async look(target: Connection, isChanged: boolean): Promise<void> {
    const { queue, clock } = this.#parts;
    const isDue = isChanged || clock.now() - this.#lookedMs >= LOOK_MS;
    if (!isDue || this.#running !== null) return;
    this.#lookedMs = clock.now();
    const keys = (await validPendingFkeys(target, queue)).filter((key) => this.#isToBeTried(key));
    if (keys.length === 0) return;
    this.#running = this.#restoreAll(keys).finally(() => (this.#running = null));
  }

  /** How many keys did not fit. */
  get failures(): number {
    return this.#failedMs.size;
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #restoreAll(keys: readonly ForeignKey[]): Promise<void> {
    const { log, connect } = this.#parts;
    const { signal } = this.#stop;
    try {
      await using db = await connect(signal);
      await db.execute(`set lock_timeout = '${LOCK_TIMEOUT}'`);
      for (const key of keys) if (!signal.aborted) await this.#restore(db, key);
    } catch (error) {
      if (!signal.aborted) log.warn({ reason: messageOf(error) }, "foreign keys could not be restored now");
    }
  }

  async #restore(db: Connection, key: ForeignKey): Promise<void> {
    const { log, clock } = this.#parts;
    const fields = { table: key.fromTable, key: key.name };
    try {
      while (await db.transaction(() => this.#step(db, key)));
      this.#failedMs.delete(nameOf(key));
      log.info(fields, "foreign key restored");
    } catch (error) {
      if (this.#stop.signal.aborted || !db.isOpen) throw error;
      this.#failedMs.set(nameOf(key), clock.now());
      log.warn({ ...fields, reason: messageOf(error) }, "a foreign key could not be restored, it is tried again");
    }
  }

  /** @returns whether there are more steps */
  async #step(db: Connection, key: ForeignKey): Promise<boolean> {
    const statement = await restoreTableFkey(db, key);
    if (statement !== null) await db.execute(statement, { signal: this.#stop.signal });
    return statement !== null;
  }

  #isToBeTried(key: ForeignKey): boolean {
    return this.#parts.clock.now() - (this.#failedMs.get(nameOf(key)) ?? -Infinity) >= RETRY_MS;
  }
}

function nameOf({ fromTable, name }: ForeignKey): string {
  return `${fromTable}/${name}`;
}

function messageOf(error: unknown): string {
  return redact(error instanceof Error ? error.message : String(error));
}
