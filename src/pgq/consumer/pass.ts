// One batch from the begin of its transaction to the commit. The order of the steps: see seam.ts.
import type { AnswerLimit } from "../answer-limit.ts";
import type { Database, Session } from "../database.ts";
import { limitDatabase, limitSession, openWithin, withinMs } from "../drivers/limited.ts";
import type { LostTransactions } from "../lost-transactions.ts";
import type { Queue, QueueOrName } from "../queue.ts";
import { BatchWatch } from "../telemetry/batch-watch.ts";
import { beginTransaction, type TransactionId } from "../sql-calls/transaction-id.ts";
import { currentTracer, type OtelTracer } from "../telemetry/otel.ts";
import { Batch } from "./batch.ts";
import { BatchReader, type ReadOptions } from "./batch-reader.ts";
import { Outcomes } from "./outcomes.ts";
import { unlessAborted } from "./unless-aborted.ts";
import type { BatchHold, BatchInfo, BatchSource, BatchWork, Position } from "./seam.ts";

export interface PassContext {
  readonly database: Database;
  readonly limit: AnswerLimit;
  readonly lost: LostTransactions;
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

/** The first read sorts the batch, and it may filter: reading gets so many times the limit. */
const READING = 10;
/** What a position of somebody else's does may hang. */
const ROLLBACK_LIMIT_MS = 2_000;

export class Pass<Q extends QueueOrName> {
  readonly batch: Batch<Q>;
  readonly outcomes = new Outcomes();
  /** Aborted when the work must be given up. */
  readonly signal: AbortSignal;
  readonly work: BatchWork;
  readonly canRetry: boolean;
  /** For our own statements; the handler's run through work.tx. */
  readonly #session: Session;
  readonly #transaction: TransactionId | null;
  readonly #context: PassContext;
  readonly #info: BatchInfo;
  readonly #hold: BatchHold | null;
  readonly #reader: BatchReader;
  readonly #watch: BatchWatch;
  #end: "committed" | { readonly error: unknown } | null = null;

  constructor(
    context: PassContext,
    opened: {
      readonly info: BatchInfo;
      readonly session: Session;
      readonly work: BatchWork;
      readonly hold: BatchHold | null;
      readonly transaction: TransactionId | null;
    },
  ) {
    this.#context = context;
    this.#info = opened.info;
    this.#hold = opened.hold;
    this.#session = limitSession(opened.session, context.limit);
    this.#transaction = opened.transaction;
    this.work = opened.work;
    this.canRetry = context.position.canRetry;
    this.signal = opened.hold === null ? context.signal : AbortSignal.any([context.signal, opened.hold.lost]);
    this.#reader = new BatchReader(limitSession(opened.session, context.limit, READING), opened.info, context.reading);
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

  /** Commits what was done and the position. On an error everything is rolled back. @throws why it was given up */
  async finish(): Promise<void> {
    if (this.#end === "committed") return;
    if (this.#end !== null) throw this.#end.error;
    try {
      await this.#reader.settle();
      await this.outcomes.record(this.#session, this.#info.id);
      await this.#context.source.finish(this.#session, this.#info);
      if (!this.work.isDone) await unlessAborted(this.work.commit(), this.#context.signal);
      await this.#session.query("commit");
    } catch (error) {
      await this.abandon(error);
      throw error;
    }
    this.#end = "committed";
    this.#watch.finished({ events: this.batch.count, ...this.outcomes.counts });
    if (this.work.isDone) await withinMs(ROLLBACK_LIMIT_MS, this.work.rollback(null));
    await this.#hold?.release();
    await this.#session.close();
  }

  /** Rolls back; the batch comes again. Does not throw. */
  async abandon(error: unknown): Promise<void> {
    if (this.#end !== null) return;
    this.#end = { error };
    this.#context.lost.add(this.#transaction, error);
    this.#watch.givenUp(this.batch.count, error);
    // A statement may still run, and the rollback would wait for it: then the session is ended.
    if (this.signal.aborted) await this.#session.close(this.signal.reason ?? error);
    await withinMs(ROLLBACK_LIMIT_MS, this.work.rollback(error));
    await this.#hold?.release();
    // so that the server rolls back: a handler that still works must find no session that commits by itself
    if (!this.signal.aborted) await this.#session.close(error ?? new Error("the batch was given up"));
  }
}

/** Begins the work on an open batch. */
export async function openPass<Q extends QueueOrName>(context: PassContext, info: BatchInfo): Promise<Pass<Q>> {
  const hold = context.source.hold?.(info, limitDatabase(context.database, context.limit)) ?? null;
  let own: Session | null = null;
  let begun: Promise<BatchWork> | null = null;
  try {
    const session = await openWithin(context.database, context.limit);
    own = limitSession(session, context.limit);
    const transaction = await beginTransaction(own);
    begun = context.position.begin(info, session, context.limit);
    const work = await unlessAborted(begun, context.signal);
    return new Pass<Q>(context, { info, session, work, hold, transaction });
  } catch (error) {
    begun?.then((late) => late.rollback(error)).catch(() => undefined);
    await hold?.release();
    await own?.close(error);
    throw error;
  }
}
