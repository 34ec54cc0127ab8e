// One batch of the provider: choose it, see where it lies, let the role apply it, finish it.
import { SkytoolsError } from "../../errors/index.ts";
import { AnswerLimit, DEFAULT_ANSWER_TIMEOUT_MS, finishBatch, nextBatch, subscribeAt } from "../../pgq/index.ts";
import type { Connection } from "../../postgres/index.ts";
import { BatchStats, ConsumerMetrics } from "../../programs/index.ts";
import type { ConsumerState, CascadeBatch } from "./batch.ts";
import type { LoopParts } from "./parts.ts";
import { placeOf } from "./position.ts";
import type { Applied, RoundWish } from "./role.ts";

export interface RoundContext {
  readonly state: ConsumerState;
  readonly wish: RoundWish;
  readonly source: Connection;
  readonly target: Connection;
  readonly isRetried: boolean;
  readonly signal: AbortSignal;
}

const NOTHING: Applied = { outcome: "applied", events: 0 };

export class BatchRounds {
  readonly #parts: LoopParts;
  readonly #stats: BatchStats;
  readonly #metrics: ConsumerMetrics;
  readonly #limit = new AnswerLimit({ answerTimeoutMs: DEFAULT_ANSWER_TIMEOUT_MS });

  constructor(parts: LoopParts) {
    const { service, queue, consumer } = parts;
    this.#parts = parts;
    this.#stats = new BatchStats(service.stats, service.clock, () => service.options);
    this.#metrics = new ConsumerMetrics(service.metrics, service.clock, { queue, consumer });
  }

  /** @returns whether there may be more to do at once */
  async round(context: RoundContext): Promise<boolean> {
    const batch = await this.#next(context);
    const isMore = batch !== null && (await this.#put(batch, context));
    if (batch === null) {
      await this.#parts.role.idle(context.target, context.source);
      this.#metrics.idle();
    }
    this.#stats.tell();
    return isMore;
  }

  end(): void {
    this.#stats.tell({ isLast: true });
  }

  async #put(batch: CascadeBatch, { wish }: RoundContext): Promise<boolean> {
    const { role } = this.#parts;
    const { tickId, previousTickId, queue } = batch;
    const { completedTick } = batch.state;
    const place = placeOf({ queue, tickId, previousTickId, completedTick, ...wish });
    switch (place) {
      case "wait":
        await role.idle(batch.target, batch.source);
        return false;
      case "rewind":
        await this.#giveBack(batch, completedTick ?? previousTickId);
        return true;
      case "done":
        await role.found(batch);
        await this.#finish(batch, NOTHING);
        return true;
      case "skip":
        await this.#finish(batch, await role.skip(batch));
        return true;
      case "apply":
        return await this.#apply(batch, wish);
    }
  }

  async #apply(batch: CascadeBatch, { stopAt }: RoundWish): Promise<boolean> {
    const { role } = this.#parts;
    if (stopAt !== null && batch.previousTickId < stopAt && stopAt < batch.tickId) {
      await this.#giveBack(batch, batch.previousTickId);
      return true;
    }
    if (!(await role.beforeBatch(batch))) return false;
    const startedMs = this.#parts.service.clock.now();
    const applied = await role.apply(batch);
    if (applied.outcome === "moved") return true;
    await this.#finish(batch, applied, startedMs);
    return true;
  }

  async #next({ state, wish, source, target, isRetried, signal }: RoundContext): Promise<CascadeBatch | null> {
    const { queue, consumer, service } = this.#parts;
    const { pgqKeepLag, pgqBatchCollectEvents, pgqBatchCollectInterval } = service.options;
    const { collects } = wish;
    const size = {
      minEvents: collects && pgqBatchCollectEvents > 0 ? pgqBatchCollectEvents : null,
      minIntervalMs: collects ? pgqBatchCollectInterval : null,
      keepLagMs: pgqKeepLag,
      mergeEvents: wish.stopAt === null ? wish.mergeEvents : 1,
      isDurable: false,
    };
    const info = await this.#answer(source, () => nextBatch(source, queue, consumer, size));
    if (info === null) return null;
    const { id: batchId, tickId, previousTickId, tickTime, eventSequence, lagMs } = info;
    return {
      ...{ queue, consumer, batchId, tickId, previousTickId, tickTime, eventSequence, lagMs },
      ...{ state, source, target, isRetried, signal, log: service.log },
    };
  }

  /** A provider that gives no answer is given up: its session is closed, and the round fails. */
  async #answer<T>(source: Connection, work: () => Promise<T>): Promise<T> {
    return await this.#limit.wait(work, () => void source.close().catch(() => undefined));
  }

  /** Drops the open batch; the next one begins at that tick. */
  async #giveBack({ queue, consumer, source, tickId, previousTickId, log }: CascadeBatch, tick: bigint): Promise<void> {
    log.debug({ queue, batch: `${previousTickId}..${tickId}`, tick: String(tick) }, "batch given back");
    await subscribeAt(source, queue, consumer, tick);
  }

  async #finish(batch: CascadeBatch, { events }: Applied, startedMs?: number): Promise<void> {
    const { batchId, tickId, queue, consumer, source, log, lagMs } = batch;
    if (!(await this.#answer(source, () => finishBatch(source, batchId)))) {
      throw new SkytoolsError("BATCH_LOST", `batch ${batchId} of ${consumer} on queue ${queue} is not open`, {
        hint: "somebody else runs this consumer, or moved it at its provider",
        details: { queue, consumer, batchId },
      });
    }
    await this.#parts.role.finished(batch);
    const durationMs = startedMs === undefined ? 0 : this.#parts.service.clock.now() - startedMs;
    this.#stats.batch({ events, retried: 0, durationMs });
    for (const [name, by] of Object.entries(this.#parts.role.statistics()))
      this.#parts.service.stats.increase(name, by);
    this.#metrics.applied({ events, durationMs, lagMs });
    log.debug({ queue, batch: String(batchId), tick: String(tickId), events }, "batch done");
  }
}
