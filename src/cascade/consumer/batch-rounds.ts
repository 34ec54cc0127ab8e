// One batch of the provider: choose it, see where it lies, let the role apply it, finish it.
import { SkytoolsError } from "../../errors/index.ts";
import {
  AnswerLimit,
  type BatchInfo,
  type BatchWish,
  DEFAULT_ANSWER_TIMEOUT_MS,
  finishAndNext,
  nextBatch,
  subscribeAt,
} from "../../pgq/index.ts";
import type { Connection } from "../../postgres/index.ts";
import { BatchStats, ConsumerMetrics } from "../../programs/index.ts";
import { getConsumerState } from "../sql-calls/index.ts";
import type { ConsumerState, CascadeBatch } from "./batch.ts";
import type { LoopParts } from "./parts.ts";
import { placeOf } from "./position.ts";
import type { Applied, RoundWish } from "./role.ts";
import { TickPace } from "./tick-pace.ts";
import { splitTicks } from "./tick-group.ts";

export interface RoundContext {
  readonly state: ConsumerState;
  readonly wish: RoundWish;
  readonly source: Connection;
  readonly target: Connection;
  readonly isRetried: boolean;
  readonly signal: AbortSignal;
}

/** What a round has found. */
export interface RoundResult {
  /** There may be more to do at once. */
  readonly isMore: boolean;
  /** There was no batch. */
  readonly isIdle: boolean;
  /** The tick that the own node has now completed; null: look at the node before anything else. */
  readonly applied: bigint | null;
}

/**
 * A batch costs about the same for one event as for a hundred. After one that is small, nothing is done for so many times
 * what it took: little where the servers have time, more where they are needed for something else. Not by who is behind:
 * what waits for him has been gathered long ago.
 */
const SMALL_EVENTS = 500;
const PAUSE_FACTOR = 3;
/** With the pause, from the beginning of a batch; one that took longer has gathered enough meanwhile. */
const LONGEST_CYCLE_MS = 60;
const BEHIND_MS = 1_000;

const NOTHING: Applied = { outcome: "applied", events: 0 };
const IDLE: RoundResult = { isMore: false, isIdle: true, applied: null };
const LATER: RoundResult = { isMore: false, isIdle: false, applied: null };
const AGAIN: RoundResult = { isMore: true, isIdle: false, applied: null };

/** The batch that came with the end of the one before. */
interface Prefetched {
  readonly source: Connection;
  readonly info: BatchInfo;
}

export class BatchRounds {
  readonly #parts: LoopParts;
  readonly #stats: BatchStats;
  readonly #metrics: ConsumerMetrics;
  readonly #limit = new AnswerLimit({ answerTimeoutMs: DEFAULT_ANSWER_TIMEOUT_MS });
  readonly #pace = new TickPace();
  #prefetched: Prefetched | null = null;
  /** Of several ticks that are passed on one by one, and open at the provider. */
  #opened: Pick<RoundContext, "source" | "target" | "state"> | null = null;

  constructor(parts: LoopParts) {
    const { service, queue, consumer } = parts;
    this.#parts = parts;
    this.#stats = new BatchStats(service.stats, service.clock, () => service.options);
    this.#metrics = new ConsumerMetrics(service.metrics, service.clock, { queue, consumer });
  }

  async round(context: RoundContext): Promise<RoundResult> {
    const batch = await this.#next(context);
    if (batch === null) return IDLE;
    const result = await this.#put(batch, context);
    this.#stats.tell();
    return result;
  }

  async idle({ target, source }: Pick<RoundContext, "target" | "source">): Promise<void> {
    await this.#parts.role.idle(target, source);
    this.#metrics.idle();
    this.#stats.tell();
  }

  /** Somebody may have moved the consumer at its provider. */
  forget(): void {
    this.#prefetched = null;
  }

  end(): void {
    this.#stats.tell({ isLast: true });
  }

  /**
   * Before the program ends: an old one that goes on would take the open batch for one tick, and where a part of it was
   * applied it would stop for ever.
   */
  async leave(): Promise<void> {
    if (this.#opened === null) return;
    const { source, target, state } = this.#opened;
    const { queue, consumer, service } = this.#parts;
    try {
      const { completedTick, nodeType, providerLocation } = await getConsumerState(target, this.#parts);
      if (completedTick === null || nodeType !== state.nodeType || providerLocation !== state.providerLocation) return;
      await subscribeAt(source, queue, consumer, completedTick);
      this.#opened = null;
    } catch (error) {
      service.log.debug({ error }, "the batch that was begun stays open at the provider");
    }
  }

  #noteOpen(info: BatchInfo | null, { wish, source, target, state }: RoundContext): void {
    const isRow = info !== null && wish.keepsTicks && info.tickId > info.previousTickId + 1n;
    this.#opened = isRow ? { source, target, state } : null;
  }

  async #put(batch: CascadeBatch, context: RoundContext): Promise<RoundResult> {
    const { role } = this.#parts;
    const { tickId, previousTickId, queue } = batch;
    const { completedTick } = batch.state;
    const place = placeOf({ queue, tickId, previousTickId, completedTick, ...context.wish });
    switch (place) {
      case "wait":
        await role.idle(batch.target, batch.source);
        return LATER;
      case "rewind":
        await role.found(batch);
        await this.#giveBack(batch, completedTick ?? previousTickId);
        return AGAIN;
      case "done":
        await role.found(batch);
        await this.#finish(batch, NOTHING, context);
        return AGAIN;
      case "skip":
        await this.#finish(batch, await role.skip(batch), context);
        return AGAIN;
      case "apply":
        return await this.#apply(batch, context);
    }
  }

  async #apply(batch: CascadeBatch, context: RoundContext): Promise<RoundResult> {
    const { role } = this.#parts;
    const { stopAt } = context.wish;
    if (stopAt !== null && batch.previousTickId < stopAt && stopAt < batch.tickId) {
      await this.#giveBack(batch, batch.previousTickId);
      return AGAIN;
    }
    if (!(await role.beforeBatch(batch))) return LATER;
    const { clock, signal } = this.#parts.service;
    const startedMs = clock.now();
    const batches = await this.#split(batch, context);
    if (batches === null) {
      this.#pace.tooMuch();
      await this.#giveBack(batch, batch.previousTickId);
      return AGAIN;
    }
    const applied = await role.apply(batches, () => signal.aborted);
    if (applied.outcome === "moved") return AGAIN;
    const tookMs = clock.now() - startedMs;
    this.#pace.applied(batches.length, tookMs);
    await this.#gather(batch, applied, tookMs, context);
    const next = await this.#finish(batch, applied, context, tookMs);
    if (next === null) await this.idle(batch);
    return { isMore: next !== null, isIdle: false, applied: batch.tickId };
  }

  /** Null: too much at once. */
  async #split(batch: CascadeBatch, { wish }: RoundContext): Promise<readonly CascadeBatch[] | null> {
    return wish.keepsTicks ? await splitTicks(batch) : [batch];
  }

  async #next(context: RoundContext): Promise<CascadeBatch | null> {
    const { state, source, target, isRetried, signal } = context;
    const { queue, consumer, service } = this.#parts;
    const prefetched = this.#prefetched;
    this.#prefetched = null;
    const info =
      prefetched?.source === source
        ? prefetched.info
        : await this.#answer(source, () => nextBatch(source, queue, consumer, this.#wish(context)));
    this.#noteOpen(info, context);
    if (info === null) return null;
    const { id: batchId, tickId, previousTickId, tickTime, eventSequence, eventSql = null, lagMs } = info;
    const { previousEventSequence } = info;
    return {
      ...{ queue, consumer, batchId, tickId, previousTickId, tickTime, eventSequence, eventSql, lagMs },
      ...{ previousEventSequence, loaded: null },
      ...{ state, source, target, isRetried, signal, log: service.log },
    };
  }

  /** Durable: after a crash of the provider the same tick must be there, or what was applied here would come twice. */
  #wish({ wish, isRetried }: RoundContext): BatchWish {
    const { pgqKeepLag, pgqBatchCollectEvents, pgqBatchCollectInterval } = this.#parts.service.options;
    const { collects, keepsTicks, stopAt } = wish;
    // The tick that is wanted may be too young, while there are older ones.
    const mergeEvents = pgqKeepLag === null || pgqKeepLag === 0 ? wish.mergeEvents : 1;
    return {
      minEvents: collects && pgqBatchCollectEvents > 0 ? pgqBatchCollectEvents : null,
      minIntervalMs: collects ? pgqBatchCollectInterval : null,
      keepLagMs: pgqKeepLag,
      ...(keepsTicks ? { mergeTicks: isRetried ? 1 : this.#pace.ticks } : {}),
      ...{ mergeEvents, upToTick: stopAt, isDurable: true },
    };
  }

  /** A provider that gives no answer is given up: its session is closed, and the round fails. */
  async #answer<T>(source: Connection, work: () => Promise<T>): Promise<T> {
    return await this.#limit.wait(work, () => void source.close().catch(() => undefined));
  }

  /** What comes meanwhile goes into the next batch, where batches are not those of the ticks. */
  async #gather({ lagMs }: CascadeBatch, { events }: Applied, tookMs: number, { wish }: RoundContext): Promise<void> {
    if (!wish.collects || events > SMALL_EVENTS || lagMs >= BEHIND_MS) return;
    const { clock, signal } = this.#parts.service;
    const pauseMs = Math.min(LONGEST_CYCLE_MS - tookMs, PAUSE_FACTOR * tookMs);
    if (pauseMs > 0) await clock.sleep(pauseMs, signal);
  }

  /** Drops the open batch; the next one begins at that tick. */
  async #giveBack({ queue, consumer, source, tickId, previousTickId, log }: CascadeBatch, tick: bigint): Promise<void> {
    log.debug({ queue, batch: `${previousTickId}..${tickId}`, tick: String(tick) }, "batch given back");
    await subscribeAt(source, queue, consumer, tick);
    this.#opened = null;
  }

  /** @returns the batch that follows; null when there is none now */
  async #finish(
    batch: CascadeBatch,
    { events }: Applied,
    context: RoundContext,
    durationMs = 0,
  ): Promise<BatchInfo | null> {
    const { batchId, tickId, queue, consumer, source, log, lagMs } = batch;
    const finish = () => finishAndNext(source, batch, this.#wish(context));
    const { isFinished, next } = await this.#answer(source, finish);
    if (!isFinished) {
      throw new SkytoolsError("BATCH_LOST", `batch ${batchId} of ${consumer} on queue ${queue} is not open`, {
        hint: "somebody else runs this consumer, or moved it at its provider",
        details: { queue, consumer, batchId },
      });
    }
    this.#noteOpen(next, context);
    if (next !== null) this.#prefetched = { source, info: next };
    await this.#parts.role.finished(batch);
    this.#stats.batch({ events, retried: 0, durationMs });
    for (const [name, by] of Object.entries(this.#parts.role.statistics()))
      this.#parts.service.stats.increase(name, by);
    this.#metrics.applied({ events, durationMs, lagMs });
    log.debug({ queue, batch: String(batchId), tick: String(tickId), events }, "batch done");
    return next;
  }
}
