// The copy of one table, from its first state to its last. A failure is told and tried again after a pause, for ever; it
// never concerns anybody else.
import { backoffMs } from "../../clock/index.ts";
import { setConsumerError, tryHoldConsumer } from "../../cascade/index.ts";
import { reasonOf, SkytoolsError } from "../../errors/index.ts";
import type { Connection } from "../../postgres/index.ts";
import type { CopyProgress } from "../copy/index.ts";
import type { TableInfo } from "../tables/table-info.ts";
import { Alarm } from "./alarm.ts";
import { bulkCopy } from "./bulk-copy.ts";
import { catchUp } from "./catch-up.ts";
import type { CopySource } from "./copy-source.ts";
import { dropCopyConsumer } from "./copy-consumer.ts";
import { Analysis } from "./analysis.ts";
import { restoreStructure } from "./restore-structure.ts";
import { changeTableState, readTableState } from "./table-state.ts";
import {
  copyConsumer,
  openReplica,
  Overtaken,
  StartOver,
  subjectOf,
  type TaskContext,
  type TaskTable,
} from "./task-context.ts";

const HELD_POLL_MS = 500;

export interface CopyTaskOptions {
  readonly context: TaskContext;
  readonly info: TableInfo;
  /** Where its rows come from, asked again for each try. A text: why there are none yet. */
  readonly findSource: (info: TableInfo) => Promise<CopySource | string>;
}

export class CopyTask {
  readonly table: string;
  readonly #options: CopyTaskOptions;
  readonly #stop = new AbortController();
  readonly #alarm: Alarm;
  readonly #done: Promise<void>;
  #progress: CopyProgress;

  constructor(options: CopyTaskOptions, ended: () => void) {
    this.table = options.info.name;
    this.#options = options;
    this.#alarm = new Alarm(options.context.clock);
    this.#progress = { ...nothingYet, table: this.table };
    this.#done = this.#run().finally(ended);
  }

  get progress(): CopyProgress {
    return this.#progress;
  }

  /** The main worker has moved, or the state has been changed. */
  ring(): void {
    this.#alarm.ring();
  }

  /** The table stays in its state; the next start goes on from there. */
  async stop(): Promise<void> {
    this.#stop.abort(new SkytoolsError("ABORTED", "the copy was stopped"));
    this.#alarm.ring();
    await this.#done;
  }

  async #run(): Promise<void> {
    const { context } = this.#options;
    const { signal } = this.#stop;
    const { retryFirstMs, retryLimitMs } = context.settings;
    for (let tries = 1; !signal.aborted; tries += 1) {
      try {
        await this.#attempt(signal);
        await dropCopyConsumer(context, this.table, signal);
        context.log.info({ table: this.table }, "table is in sync");
        return;
      } catch (error) {
        if (this.#stop.signal.aborted) return;
        if (error instanceof Overtaken) {
          context.log.info({ table: this.table }, "copy ended: the table was removed or is to be copied anew");
          await dropCopyConsumer(context, this.table, signal).catch(() => undefined); // the sweep tries again
          return;
        }
        await this.#failed(error);
        await context.clock.sleep(backoffMs(retryFirstMs, tries, context.clock.random(), retryLimitMs), signal);
      }
    }
  }

  async #attempt(signal: AbortSignal): Promise<void> {
    const { context, info } = this.#options;
    const { slots, settings } = context;
    let leave = await slots.take(settings.connectionsFor(info.name), signal);
    try {
      await using db = await openReplica(context, signal);
      await this.#untilOnly(db, signal);
      const table = { info, db, signal, tell: (progress: Partial<CopyProgress>) => this.#tell(progress) };
      if (await this.#isBeforeRows(table)) {
        const source = await this.#options.findSource(info);
        if (typeof source === "string") throw new SkytoolsError("COPY_FAILED", source);
        await bulkCopy(context, table, source);
      }
      const isRestored = await restoreStructure(context, table);
      leave();
      leave = await slots.take(1, signal);
      const analysis = isRestored ? new Analysis(context, table) : null;
      try {
        await catchUp(context, table, this.#alarm);
      } finally {
        await analysis?.end();
      }
    } finally {
      leave();
    }
  }

  /** Two workers of a node, started by mistake or on two machines, would empty the table of each other's rows. */
  async #untilOnly(db: Connection, signal: AbortSignal): Promise<void> {
    const { context } = this.#options;
    for (let wasTold = false; !(await tryHoldConsumer(db, copyConsumer(context, this.table))); wasTold = true) {
      if (!wasTold) context.log.warn({ table: this.table }, "another worker of this node copies the table");
      await context.clock.sleep(HELD_POLL_MS, signal);
      signal.throwIfAborted();
    }
  }

  async #isBeforeRows({ db, info }: TaskTable): Promise<boolean> {
    const stored = await readTableState(db, subjectOf(this.#options.context, info));
    if (stored === null || stored.state.kind === "ok") throw new Overtaken(info.name);
    return stored.state.kind === "none" || stored.state.kind === "in-copy";
  }

  #tell(progress: Partial<CopyProgress>): void {
    this.#progress = { ...this.#progress, ...progress };
  }

  async #failed(error: unknown): Promise<void> {
    const { context } = this.#options;
    const reason = reasonOf(error);
    this.#tell({ phase: "failed", error: reason });
    context.log.warn({ table: this.table, reason }, "copy failed; it is tried again");
    try {
      await this.#note(error, reason);
    } catch {
      // The database is away: the next try will find out.
    }
  }

  /** What `status` shows; and the state back to none where nothing can be gone on from. */
  async #note(error: unknown, reason: string): Promise<void> {
    const { context, info } = this.#options;
    const db = await context.connections.target("copy", this.#stop.signal);
    try {
      await setConsumerError(db, context.log, copyConsumer(context, this.table), reason);
      if (!(error instanceof StartOver) && !isNotRegistered(error)) return;
      await startOver(context, info, db);
    } finally {
      await db.close();
    }
  }
}

const nothingYet: Omit<CopyProgress, "table"> = {
  phase: "waiting",
  rows: 0n,
  bytes: 0n,
  fraction: null,
  rowsPerSecond: 0,
  bytesPerSecond: 0,
  secondsLeft: null,
  error: null,
};

function isNotRegistered(error: unknown): boolean {
  return error instanceof SkytoolsError && error.code === "NODE_REFUSED";
}

/** Back to in-copy, so that what was dropped stays written down. */
async function startOver(context: TaskContext, info: TableInfo, db: Connection): Promise<void> {
  const subject = subjectOf(context, info);
  const stored = await readTableState(db, subject);
  if (stored === null || stored.state.kind === "ok" || stored.state.kind === "none") return;
  await changeTableState(db, subject, { from: stored.state, to: { kind: "in-copy" }, snapshot: null });
}
