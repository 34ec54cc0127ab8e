// One batch from the begin of its transaction to the commit. The order of the steps: see seam.ts.
import type { Database, Session } from "../database.ts";
import type { Queue, QueueOrName } from "../queue.ts";
import { BatchWatch } from "../telemetry/batch-watch.ts";
import { currentTracer, type OtelTracer } from "../telemetry/otel.ts";
import { Batch } from "./batch.ts";
import { BatchReader, type ReadOptions } from "./batch-reader.ts";
import { Outcomes } from "./outcomes.ts";
import type { BatchHold, BatchInfo, BatchSource, BatchWork, Position } from "./seam.ts";

export interface PassContext {
  readonly database: Database;
  readonly source: BatchSource;
  readonly position: Position;
  readonly queue: Queue;
  readonly reading: ReadOptions;
  readonly retryDelayMs: (retries: number) => number;
  /** Aborted when work must end at once. */
  readonly signal: AbortSignal;
  /** Spans are wanted where there is OpenTelemetry. */
  readonly isTraced: boolean;
}

export class Pass<Q extends QueueOrName> {
  readonly batch: Batch<Q>;
  readonly outcomes = new Outcomes();
  /** Aborted when the work must be given up. */
  readonly signal: AbortSignal;
  readonly work: BatchWork;
  readonly canRetry: boolean;
  readonly session: Session;
  readonly #context: PassContext;
  readonly #info: BatchInfo;
  readonly #hold: BatchHold | null;
  readonly #reader: BatchReader;
  readonly #watch: BatchWatch;
  #isOver = false;

  constructor(
    context: PassContext,
    opened: {
      readonly info: BatchInfo;
      readonly session: Session;
      readonly work: BatchWork;
      readonly hold: BatchHold | null;
    },
  ) {
    this.#context = context;
    this.#info = opened.info;
    this.#hold = opened.hold;
    this.session = opened.session;
    this.work = opened.work;
    this.canRetry = context.position.canRetry;
    this.signal = opened.hold === null ? context.signal : AbortSignal.any([context.signal, opened.hold.lost]);
    this.#reader = new BatchReader(opened.session, opened.info, context.reading);
    this.#watch = new BatchWatch(opened.info);
    this.batch = new Batch<Q>({
      info: opened.info,
      queue: context.queue,
      reader: this.#reader,
      outcomes: this.outcomes,
      tx: opened.work.tx,
      signal: this.signal,
      canRetry: context.position.canRetry,
      retryDelayMs: context.retryDelayMs,
      finish: () => this.finish(),
    });
  }

  /** The work was done by an earlier pass. */
  get isDone(): boolean {
    return this.work.isDone;
  }

  /** For the batch form: one span from here to the end of the pass. To be called when the first events were read. */
  trace(): void {
    const tracer = this.tracer;
    if (tracer !== null) this.#watch.trace(tracer, this.#reader.kept);
  }

  /** Runs `work` with the pass's span as the active one. */
  run<T>(work: () => T): T {
    return this.#watch.run(work);
  }

  /** null: nobody wants spans. */
  get tracer(): OtelTracer | null {
    return this.#context.isTraced ? currentTracer() : null;
  }

  /** Commits what was done and the position. On an error everything is rolled back. */
  async finish(): Promise<void> {
    if (this.#isOver) return;
    try {
      await this.#reader.settle();
      await this.outcomes.record(this.session, this.#info.id);
      await this.#context.source.finish(this.session, this.#info);
      if (!this.work.isDone) await this.work.commit();
      await this.session.query("commit");
    } catch (error) {
      await this.abandon(error);
      throw error;
    }
    this.#isOver = true;
    this.#watch.finished({ events: this.batch.count, ...this.outcomes.counts });
    if (this.work.isDone) await this.work.rollback(null);
    await this.#hold?.release();
    await this.session.close();
  }

  /** Rolls back; the batch comes again. Does not throw. */
  async abandon(error: unknown): Promise<void> {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#watch.givenUp(this.batch.count, error);
    // A statement may still run, and the rollback would wait for it: then the session is ended.
    if (this.signal.aborted) await this.session.close(this.signal.reason ?? error).catch(() => undefined);
    await this.work.rollback(error);
    await this.#hold?.release();
    if (!this.signal.aborted) await rollBack(this.session, error);
  }
}

/** Begins the work on an open batch. */
export async function openPass<Q extends QueueOrName>(context: PassContext, info: BatchInfo): Promise<Pass<Q>> {
  const hold = context.source.hold?.(info, context.database) ?? null;
  let session: Session | null = null;
  try {
    session = await context.database.open();
    await session.query("begin isolation level read committed");
    const work = await context.position.begin(info, session);
    return new Pass<Q>(context, { info, session, work, hold });
  } catch (error) {
    await hold?.release();
    if (session !== null) await rollBack(session, error);
    throw error;
  }
}

/** Ends the session, so that the server rolls back: a handler that still works must find no session that commits by itself. */
async function rollBack(session: Session, error: unknown): Promise<void> {
  await session.close(error ?? new Error("the batch was given up")).catch(() => undefined);
}
