// A consumer: looks for batches, hands them out, finishes them, and goes on whatever happens to the database.
import { reasonOf, SkytoolsError } from "../../errors/index.ts";
import { AnswerLimit } from "../answer-limit.ts";
import type { Database } from "../database.ts";
import { limitDatabase, withinMs } from "../drivers/limited.ts";
import { closeDatabase, toDatabase } from "../drivers/to-database.ts";
import { LostTransactions } from "../lost-transactions.ts";
import { type Queue, type QueueOrName, toQueue } from "../queue.ts";
import { reconnectChannel } from "../telemetry/channels.ts";
import type { Batch } from "./batch.ts";
import { batchSource } from "./batch-source.ts";
import { type BatchHandler, handleBatch } from "./batch-handler.ts";
import { type EventHandler, handleEvents } from "./event-handler.ts";
import { explainError } from "./explain-error.ts";
import { isFatal } from "./failure.ts";
import { inDatabase } from "../position/in-database.ts";
import { type ConsumerOptions, readOptions, type Settings } from "./options.ts";
import { openPass, type Pass } from "./pass.ts";
import { Pauses } from "./pauses.ts";
import { Registration } from "./registration.ts";
import { type Listener, Reporter, type Reports } from "./reports.ts";
import { RetryPace, type Stage } from "./retry-pace.ts";
import { retryDelayMs } from "./retry-policy.ts";
import type { BatchInfo, BatchSource, Position, PositionContext } from "./seam.ts";
import type { SeekTarget } from "./seek-target.ts";
import { TickerWatch } from "./ticker-watch.ts";
import { stopped, unlessAborted } from "./unless-aborted.ts";
import { WakeUp } from "./wake-up.ts";

const CLOSE_LIMIT_MS = 2_000;

/** A consumer. Nothing is asked of the database before it is used. @throws WRONG_USE */
export function createConsumer<const Q extends QueueOrName>(options: ConsumerOptions<Q>): Consumer<Q> {
  return new Consumer<Q>(options);
}

/** Reads the batches of a queue one after the other. It runs once; for another run make another one. */
export class Consumer<Q extends QueueOrName = QueueOrName> implements AsyncDisposable {
  readonly name: string;
  readonly queue: Queue;
  readonly #settings: Settings;
  /** As given; and with a limit for statements of ours, which the end of stop() cuts short too. */
  readonly #given: Database;
  readonly #working: Database;
  readonly #limit: AnswerLimit;
  readonly #lost = new LostTransactions();
  readonly #source: BatchSource;
  readonly #position: Position;
  readonly #context: PositionContext;
  readonly #registration: Registration;
  readonly #wakeUp: WakeUp;
  readonly #tickerWatch: TickerWatch;
  readonly #pauses = new Pauses();
  readonly #reporter = new Reporter();
  readonly #stopping = new AbortController();
  readonly #ending = new AbortController();
  #isRunning = false;
  #isAligned = false;
  readonly #pace: RetryPace;
  /** A batch that a loop over batches() has. */
  #inHands: Pass<Q> | null = null;
  #over: Promise<void> | null = null;
  #tellOver: () => void = () => undefined;

  constructor(options: ConsumerOptions<Q>) {
    this.#settings = readOptions(options);
    this.name = options.consumer;
    this.queue = toQueue(options.queue);
    const { pollIntervalMs, clock, answerTimeoutMs, listen } = this.#settings;
    this.#given = toDatabase(options.database, `${this.name} (skytools)`);
    this.#limit = new AnswerLimit({ answerTimeoutMs, signal: this.#ending.signal });
    this.#working = limitDatabase(this.#given, this.#limit);
    this.#source = batchSource(this.queue.name, options);
    this.#position = options.position ?? inDatabase();
    const queue = this.queue.name;
    const whose = { source: this.#source, queue, consumer: this.name };
    this.#context = { ...whose, database: this.#working, limit: this.#limit };
    this.#registration = new Registration({
      ...whose,
      ...{ database: this.#given, position: this.#position, answerTimeoutMs },
    });
    const onTick = (): void => void this.#reporter.tell("tick", { queue });
    const onPolling = (): void => this.#tellPolling();
    const watched = { database: this.#working, queue, consumer: this.name };
    this.#wakeUp = new WakeUp({ ...watched, pollIntervalMs, clock, listen, onTick, onPolling });
    this.#tickerWatch = new TickerWatch(this.#working, queue, clock, this.#reporter);
    this.#pace = new RetryPace(clock);
    const { signal } = options;
    if (signal?.aborted === true) this.#stopping.abort();
    signal?.addEventListener("abort", () => void this.stop(), { once: true });
  }

  /** Calls `listener` with every report of that kind until what is returned is called. */
  on<Name extends keyof Reports>(name: Name, listener: Listener<Name>): () => void {
    return this.#reporter.on(name, listener);
  }

  /** Calls the handler for each event, in order, until stop(). @throws what cannot be helped by trying again */
  async run(handler: EventHandler<Q>): Promise<void> {
    await this.#run((pass) => handleEvents(pass, handler, this.#settings, this.#reporter));
  }

  /** Calls the handler for each batch that has events, until stop(). It must read them all or say ackRest(). */
  async runBatches(handler: BatchHandler<Q>): Promise<void> {
    await this.#run((pass) => handleBatch(pass, handler));
  }

  /**
   * Calls the handler for each event of one batch, for who has a loop or a schedule of his own:
   * `while (await consumer.runOnce(handler));` works off what is there. stop() at the end closes everything.
   * @returns false when there is no batch now, or the consumer is paused or stopped
   * @throws any error, after the batch was rolled back; the next call begins with the same batch
   */
  async runOnce(handler: EventHandler<Q>): Promise<boolean> {
    return await this.#runOnce((pass) => handleEvents(pass, handler, this.#settings, this.#reporter));
  }

  /** The same with a handler for the whole batch. */
  async runBatchOnce(handler: BatchHandler<Q>): Promise<boolean> {
    return await this.#runOnce((pass) => handleBatch(pass, handler));
  }

  /**
   * The batches that have events, until stop(). Asking for the next one acknowledges the last; leaving the loop by
   * break, return or an error does not, unless batch.ack() was called before.
   */
  async *batches(): AsyncGenerator<Batch<Q>, void, undefined> {
    this.#begin();
    try {
      for (let pass = await this.#next(); pass !== null; pass = await this.#next()) {
        const startedAt = this.#settings.clock.now();
        let left: unknown = new SkytoolsError("BATCH_LEFT_OPEN", "the loop over the batches was left");
        try {
          if (await pass.batch.hasEvents()) {
            pass.trace();
            this.#inHands = pass;
            yield pass.batch;
            this.#inHands = null;
            if (!pass.batch.isFinished && !pass.batch.isComplete) throw pass.batch.leftOpen();
            await pass.batch.ack();
          } else {
            await pass.finish();
          }
          this.#finished(pass, startedAt);
          left = null;
        } catch (error) {
          left = error;
          if (isFatal(error) || !(await this.#retryLater(error, pass.batch.info, "working"))) throw error;
        } finally {
          this.#inHands = null;
          if (left !== null) await pass.abandon(left);
        }
      }
    } finally {
      await this.#end();
    }
  }

  /**
   * Asks to end: the batch in work may go on for graceMs, then it is rolled back. Resolves when everything is closed, or
   * six seconds after graceMs although the network or somebody's code hangs. May be called again.
   */
  async stop(): Promise<void> {
    if (!this.#stopping.signal.aborted) {
      this.#stopping.abort();
      void this.#settings.clock.sleep(this.#settings.graceMs, this.#ending.signal).then(() => this.#endNow());
    }
    await this.#over;
    await this.#close();
    this.#ending.abort(stopped());
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  /** After the batch in work no other one is taken until every reason has been taken back. */
  pause(reason = "paused"): void {
    this.#pauses.add(reason);
  }

  /** Takes a reason back; without one, all of them. */
  resume(reason?: string): void {
    this.#pauses.remove(reason);
  }

  /** Why it is paused; empty: it is not. */
  get pauseReasons(): readonly string[] {
    return this.#pauses.reasons;
  }

  /**
   * Registers the consumer on the queue, where it stays until unregister(). It sees what comes from now on, or from
   * `at` on as far as events are kept. One that is registered stays where it is, unless `at` is given.
   * @returns true if it was not registered
   * @throws QUEUE_UNKNOWN, POSITION_GONE
   */
  async register({ at }: { readonly at?: SeekTarget } = {}): Promise<boolean> {
    return await this.#registration.register(at);
  }

  /** Ends the registration: the queue keeps nothing for the consumer any more. @returns true if it was registered */
  async unregister(): Promise<boolean> {
    return await this.#registration.unregister();
  }

  /**
   * Moves the consumer, back or ahead, as far as ticks are kept. A time: to the last tick before it, so that all events
   * since then come (again). An open batch is given up. @returns the tick
   * @throws POSITION_GONE, CONSUMER_UNKNOWN
   */
  async seek(target: SeekTarget): Promise<bigint> {
    const tickId = await this.#registration.seek(target);
    this.#wakeUp.wake();
    return tickId;
  }

  async #run(work: (pass: Pass<Q>) => Promise<void>): Promise<void> {
    this.#begin();
    try {
      for (let pass = await this.#next(); pass !== null; pass = await this.#next()) {
        try {
          await this.#perform(pass, work);
        } catch (error) {
          if (this.#stopping.signal.aborted) return;
          const explained = await explainError(error, this.#working, this.queue.name, this.name);
          if (isFatal(explained)) throw explained;
          await this.#retryLater(explained, pass.batch.info, "working");
        }
      }
    } finally {
      await this.#end();
    }
  }

  async #runOnce(work: (pass: Pass<Q>) => Promise<void>): Promise<boolean> {
    if (this.#stopping.signal.aborted || this.#pauses.reasons.length > 0) return false;
    this.#begin();
    try {
      const info = await this.#nextInfo();
      if (info === null) await this.#tickerWatch.look();
      else await this.#perform(await openPass<Q>(this.#passContext(), info), work);
      return info !== null;
    } catch (error) {
      this.#isAligned = false;
      throw await explainError(error, this.#working, this.queue.name, this.name);
    } finally {
      this.#isRunning = false;
      this.#tellOver();
      this.#over = null;
    }
  }

  /** @throws what failed, after the rollback */
  async #perform(pass: Pass<Q>, work: (pass: Pass<Q>) => Promise<void>): Promise<void> {
    const startedAt = this.#settings.clock.now();
    try {
      if (!pass.isDone) await unlessAborted(work(pass), pass.signal);
      await pass.finish();
    } catch (error) {
      await pass.abandon(error);
      throw error;
    }
    this.#finished(pass, startedAt);
  }

  /** The next batch, begun; null when the consumer is to stop. Errors that may pass are waited out. */
  async #next(): Promise<Pass<Q> | null> {
    const { signal } = this.#stopping;
    for (let wasTold = true; ;) {
      await this.#pauses.wait(signal);
      if (isAborted(signal)) return null;
      let info: BatchInfo | null = null;
      try {
        info = await this.#nextInfo();
        if (info !== null) {
          if (!wasTold) this.#wakeUp.doubt();
          wasTold = true;
          const pass = await openPass<Q>(this.#passContext(), info);
          if (!pass.isDone) return pass;
          await pass.finish();
          continue;
        }
      } catch (error) {
        if (isAborted(signal)) return null;
        const explained = await explainError(error, this.#working, this.queue.name, this.name);
        if (isFatal(explained)) throw explained;
        await this.#retryLater(explained, info, "looking");
        continue;
      }
      await this.#tickerWatch.look();
      wasTold = await this.#wakeUp.wait(signal);
    }
  }

  async #nextInfo(): Promise<BatchInfo | null> {
    if (!this.#isAligned) {
      await this.#lost.end(this.#working);
      const aligned = this.#position.align?.(this.#context);
      if (aligned !== undefined) await unlessAborted(aligned, this.#ending.signal);
      this.#isAligned = true;
    }
    this.#wakeUp.forget();
    const { minEvents, minIntervalMs, keepLagMs, mergeEvents } = this.#settings;
    return await this.#source.next(this.#working, {
      minEvents,
      minIntervalMs,
      keepLagMs,
      mergeEvents,
      isDurable: this.#position.needsSameBatch,
    });
  }

  #finished(pass: Pass<Q>, startedAt: number): void {
    this.#pace.succeeded();
    this.#tickerWatch.seen();
    const { retried, dead } = pass.outcomes.counts;
    this.#reporter.tell("batch", {
      batch: pass.batch.info,
      events: pass.batch.count,
      retried,
      dead,
      durationMs: this.#settings.clock.now() - startedAt,
    });
  }

  /** Waits before the next try. @returns false when the consumer is to stop */
  async #retryLater(error: unknown, batch: BatchInfo | null, stage: Stage): Promise<boolean> {
    const { signal } = this.#stopping;
    if (signal.aborted) return false;
    this.#isAligned = false;
    this.#wakeUp.doubt();
    const retryInMs = this.#pace.failed(error, stage);
    const { failures } = this.#pace;
    const report = { error, batch, failures, retryInMs };
    if (reconnectChannel.hasSubscribers) {
      const whose = { queue: this.queue.name, consumer: this.name, session: "work" } as const;
      reconnectChannel.publish({ ...whose, cause: error, failures, retryInMs });
    }
    if (!this.#reporter.tell("failure", report)) {
      const what = reasonOf(error);
      this.#reporter.warn(
        `consumer ${this.name} on queue ${this.queue.name}: ${what}`,
        `the next try is in ${retryInMs} ms; listen with consumer.on("failure", …)`,
      );
    }
    await this.#settings.clock.sleep(retryInMs, signal);
    return true;
  }

  #begin(): void {
    if (this.#isRunning || this.#over !== null) {
      throw new SkytoolsError("WRONG_USE", `consumer ${this.name} runs already, or was stopped; make another one`);
    }
    this.#isRunning = true;
    this.#over = new Promise((resolve) => (this.#tellOver = resolve));
    if (!this.#stopping.signal.aborted) this.#wakeUp.start();
  }

  async #end(): Promise<void> {
    this.#isRunning = false;
    this.#stopping.abort();
    this.#ending.abort(stopped());
    await this.#close();
    this.#tellOver();
  }

  /** The time of the batch in work is up. A loop over batches may never come back for the next one. */
  async #endNow(): Promise<void> {
    this.#ending.abort(stopped());
    if (this.#inHands === null) return;
    await this.#inHands.abandon(stopped());
    await this.#end();
  }

  async #close(): Promise<void> {
    const closed = [this.#wakeUp.stop(), Promise.resolve(this.#position.close?.()), closeDatabase(this.#given)];
    await withinMs(CLOSE_LIMIT_MS, Promise.all(closed));
  }

  #tellPolling(): void {
    this.#reporter.warn(
      `consumer ${this.name} on queue ${this.queue.name} looks for batches every ${this.#settings.pollIntervalMs} ms`,
      "there is a pooler before the server, where listening for ticks may not work; set listen to false, or to true for " +
        "a pooler that gives whole sessions, or give the consumer a direct connection",
    );
  }

  #passContext(): Parameters<typeof openPass>[0] {
    const { fetchSize, filter, retry, tracing } = this.#settings;
    return {
      database: this.#given,
      limit: this.#limit,
      lost: this.#lost,
      source: this.#source,
      position: this.#position,
      queue: this.queue,
      reading: { fetchSize, filter },
      retryDelayMs: (retries) => (retry === null ? 60_000 : retryDelayMs(retry, retries)),
      signal: this.#ending.signal,
      isTraced: tracing && this.queue.traceContext,
    };
  }
}

/** A call, so that the compiler does not take the answer of an earlier look for granted. */
function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}
