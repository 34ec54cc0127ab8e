// Up to which tick events are no longer needed: told upwards by every node but the root, made by the root, and agreed on
// within a subtree with sync_watermark. Source: spec of the cascade, 6. Differs: the old worker told it each 300 s only,
// so that a new node or a takeover held back rotation for long.
import type { Clock } from "../../clock/index.ts";
import type { Connection } from "../../postgres/index.ts";
import type { Logger } from "../../service/index.ts";
import type { CascadeBatch } from "../consumer/batch.ts";
import {
  getNodeInfo,
  getSubscriberInfo,
  isRefused,
  setGlobalWatermark,
  setSubscriberWatermark,
} from "../sql-calls/index.ts";
import type { WorkerNode } from "./node.ts";
import type { SyncWatermark } from "./sync-watermark.ts";

export interface WatermarkParts {
  readonly log: Logger;
  readonly clock: Clock;
  /** Milliseconds. */
  readonly localPeriodMs: () => number;
  readonly globalPeriodMs: () => number;
  /** What subscribers reported goes on upwards after this. */
  readonly passOnMs: () => number;
}

type ReportedBatch = Pick<CascadeBatch, "source" | "target" | "tickId" | "previousTickId">;

/** So many batches one after the other are called being behind. */
const BEHIND_BATCHES = 10;

export class Watermarks {
  readonly #parts: WatermarkParts;
  #reportedMs = -Infinity;
  #reportedTo: string | null = null;
  #reported: bigint | null = null;
  #passedOnMs = -Infinity;
  #batchesInRow = 0;
  #lastBatch: Pick<CascadeBatch, "tickId" | "previousTickId"> | null = null;
  #publishedMs = -Infinity;

  constructor(parts: WatermarkParts) {
    this.#parts = parts;
  }

  /** After a batch was finished; reports when it is time. */
  async afterBatch(node: WorkerNode, batch: CascadeBatch, sync: SyncWatermark | null): Promise<void> {
    const { tickId, previousTickId } = batch;
    this.#lastBatch = { tickId, previousTickId }; // not its connections: they are others by the time it is used
    this.#batchesInRow += 1;
    const isDue = this.#parts.clock.now() - this.#reportedMs >= this.#parts.localPeriodMs();
    if (isDue || this.#reportedTo !== routeOf(node)) await this.#report(node, batch, sync);
    else await this.#passOn(node, batch, sync);
  }

  /** Nothing more to do now: the node has caught up, perhaps. */
  async idle(
    node: WorkerNode,
    connections: { readonly source: Connection; readonly target: Connection },
    sync: SyncWatermark | null,
  ): Promise<void> {
    const hasCaughtUp = this.#batchesInRow >= BEHIND_BATCHES;
    this.#batchesInRow = 0;
    const last = this.#lastBatch;
    if (last === null) return;
    const batch = { ...last, source: connections.source, target: connections.target };
    if (hasCaughtUp) await this.#report(node, batch, sync);
    else await this.#passOn(node, batch, sync);
  }

  /** Root. At most as often as it is called, and only when the watermark has moved. */
  async publish(node: WorkerNode, target: Connection): Promise<void> {
    this.#reportedTo = null;
    this.#lastBatch = null;
    const { clock, globalPeriodMs, log } = this.#parts;
    const nowMs = clock.now();
    const { localWatermark, globalWatermark } = node;
    const hasMoved = localWatermark !== null && (globalWatermark === null || localWatermark > globalWatermark);
    if (!hasMoved) return;
    // Subscribers report seldom, so what they reported is passed on at once. Without them ticks alone would move it, and
    // telling of it would make the next tick.
    const isDue = nowMs - this.#publishedMs >= globalPeriodMs();
    if (!isDue && (await getSubscriberInfo(target, node.queue)).length === 0) return;
    await setGlobalWatermark(target, log, node.queue, null);
    this.#publishedMs = nowMs;
  }

  /** Branch: subscribers report seldom, so what they reported goes on soon. */
  async #passOn(node: WorkerNode, batch: ReportedBatch, sync: SyncWatermark | null): Promise<void> {
    const { clock, passOnMs } = this.#parts;
    const { localWatermark, duties, queue } = node;
    if (!duties.makesTicks || sync !== null || localWatermark === null) return;
    if (this.#reported !== null && localWatermark <= this.#reported) return;
    if (clock.now() - this.#passedOnMs < passOnMs()) return;
    this.#passedOnMs = clock.now();
    if ((await getSubscriberInfo(batch.target, queue)).length > 0) await this.#report(node, batch, sync);
  }

  async #report(node: WorkerNode, batch: ReportedBatch, sync: SyncWatermark | null): Promise<void> {
    if (!node.duties.reportsWatermark) return;
    const { log, clock } = this.#parts;
    const watermark = sync === null ? await this.#localWatermark(node, batch) : batch.previousTickId;
    if (watermark !== null) {
      try {
        await setSubscriberWatermark(batch.source, log, node.queue, node.name, watermark);
      } catch (error) {
        // It went back, or the provider does not know us (yet): nothing that hinders the work.
        if (!isRefused(error)) throw error;
        log.warn({ queue: node.queue, reason: (error as Error).message }, "the provider did not take the watermark");
      }
    }
    this.#reportedMs = clock.now();
    this.#reportedTo = routeOf(node);
    this.#reported = watermark;
    await sync?.agree(node, batch.target);
  }

  /** A merge-leaf may be ahead of its provider. */
  async #localWatermark(
    node: WorkerNode,
    { target, tickId }: Pick<CascadeBatch, "target" | "tickId">,
  ): Promise<bigint | null> {
    const local = (await getNodeInfo(target, node.queue))?.localWatermark ?? null;
    return local !== null && local > tickId ? tickId : local;
  }
}

/** A report is due at once when this has changed. */
function routeOf({ provider, type, duties }: WorkerNode): string {
  return `${provider}/${type}/${duties.waitsBehind}`;
}
