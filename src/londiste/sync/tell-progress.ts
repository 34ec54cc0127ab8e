// What a copy tells of itself while its rows come: to the log, and to the table that `status` and `wait-sync` read.
import { reasonOf } from "../../errors/index.ts";
import type { Connection } from "../../postgres/index.ts";
import { type CopyProgress, copyProgressText } from "../copy/index.ts";
import { forgetCopyProgress, hasCopyProgress, tellCopyProgress } from "../sql-calls/index.ts";
import type { TaskContext } from "./task-context.ts";

const LOG_EVERY_MS = 10_000;

type Parts = Pick<TaskContext, "queue" | "log" | "clock">;

export class ProgressTeller {
  readonly #parts: Parts;
  readonly #table: string;
  /** null: the rows are not on their way yet, or the handler copies them itself. */
  #progress: (() => CopyProgress) | null = null;
  #loggedMs: number;
  /** null: not known yet. */
  #isStored: boolean | null = null;

  constructor(parts: Parts, table: string) {
    this.#parts = parts;
    this.#table = table;
    this.#loggedMs = parts.clock.monotonicMs();
  }

  follow(progress: () => CopyProgress): void {
    this.#progress = progress;
  }

  /** As often as one likes. Nobody needs it so much that the copy should fail for it. */
  async tell(db: Connection): Promise<void> {
    const now = this.#progress?.();
    if (now === undefined) return;
    this.#log(now);
    await this.#store(db, () => tellCopyProgress(db, this.#subject, now));
  }

  /** All rows are here. */
  async end(db: Connection): Promise<void> {
    if (this.#isStored === true) await this.#store(db, () => forgetCopyProgress(db, this.#subject));
  }

  get #subject() {
    return { queue: this.#parts.queue, table: this.#table };
  }

  #log(progress: CopyProgress): void {
    const { clock, log } = this.#parts;
    if (clock.monotonicMs() - this.#loggedMs < LOG_EVERY_MS) return;
    this.#loggedMs = clock.monotonicMs();
    log.info({ table: this.#table, progress: copyProgressText(progress) }, "copying");
  }

  async #store(db: Connection, work: () => Promise<void>): Promise<void> {
    if (this.#isStored === false) return;
    try {
      this.#isStored ??= await hasCopyProgress(db);
      if (this.#isStored) await work();
    } catch (error) {
      this.#isStored = false;
      this.#parts.log.debug({ table: this.#table, reason: reasonOf(error) }, "progress cannot be stored");
    }
  }
}
