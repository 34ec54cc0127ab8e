// The statistics of a table that was copied, taken beside the replay of what has happened since. They are not worth waiting
// for, nor trying again: autovacuum would bring them too.
import { reasonOf } from "../../errors/index.ts";
import { quoteFqname } from "../../postgres/index.ts";
import { openReplica, type TaskContext, type TaskTable } from "./task-context.ts";

const LOOK_EVERY_MS = 100;

export class Analysis {
  readonly #context: TaskContext;
  readonly #table: TaskTable;
  readonly #stop = new AbortController();
  readonly #done: Promise<void>;
  /** Of the session that analyzes, while it does. */
  #pid: number | null = null;
  #isOver = false;

  constructor(context: TaskContext, table: TaskTable) {
    this.#context = context;
    this.#table = table;
    this.#done = this.#run().finally(() => (this.#isOver = true));
  }

  /** The table is replayed by the main worker now, who must not wait: as with autovacuum, whoever wants a lock gets it. */
  async end(): Promise<void> {
    const { db, signal } = this.#table;
    try {
      while (!this.#isOver && !signal.aborted) {
        const { found } = await db.one<{ found: boolean }>(
          "select exists (select from pg_locks where not granted and $1 = any (pg_blocking_pids(pid))) as found",
          [this.#pid],
        );
        if (found) this.#stop.abort();
        await Promise.race([this.#done, this.#context.clock.sleep(LOOK_EVERY_MS, signal)]);
      }
    } catch {
      this.#stop.abort(); // the session is gone
    }
    await this.#done;
  }

  async #run(): Promise<void> {
    const { info, signal } = this.#table;
    const both = AbortSignal.any([signal, this.#stop.signal]);
    try {
      await using db = await openReplica(this.#context, both);
      ({ pid: this.#pid } = await db.one<{ pid: number }>("select pg_backend_pid() as pid"));
      await db.execute(`analyze ${quoteFqname(info.dest)}`, { signal: both });
    } catch (error) {
      if (both.aborted) return;
      this.#context.log.warn({ table: info.name, reason: reasonOf(error) }, "the table could not be analyzed");
    }
  }
}
