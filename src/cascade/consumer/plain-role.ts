// A plain cascaded consumer: reads the queue of another node and writes into the database of its own, beside the worker.
import { SkytoolsError } from "../../errors/index.ts";
import type { Connection } from "../../postgres/index.ts";
import { type CascadeEvent, readBatchEvents } from "../events/index.ts";
import { applyBatch, type BatchEnd } from "./apply-batch.ts";
import type { CascadeBatch } from "./batch.ts";
import type { Applied, ConsumerRole, RoundWish } from "./role.ts";

export interface PlainConsumerHooks {
  /** Each event in order, without those of pgq.*, in the open transaction on batch.target. */
  event(event: CascadeEvent, batch: CascadeBatch): Promise<void> | void;
  /** About every 10 × loop_delay while the own node is a root: there is nothing to read. */
  rootPass?(target: Connection): Promise<void>;
}

const NO_LEAF = { keepsTicks: false, isMergeLeaf: false, waitsBehind: false };
const NOTHING: Applied = { outcome: "applied", events: 0 };

export class PlainRole implements ConsumerRole {
  readonly #hooks: PlainConsumerHooks;
  readonly #mergeEvents: () => number;

  constructor(hooks: PlainConsumerHooks, mergeEvents: () => number) {
    this.#hooks = hooks;
    this.#mergeEvents = mergeEvents;
  }

  async prepareTarget(): Promise<void> {
    // an ordinary session
  }

  look(): Promise<RoundWish> {
    const mergeEvents = this.#mergeEvents();
    return Promise.resolve({ mergeEvents, stopAt: null, collects: true, ...NO_LEAF });
  }

  beforeBatch(): Promise<boolean> {
    return Promise.resolve(true);
  }

  async apply(batches: readonly CascadeBatch[]): Promise<Applied> {
    let events = 0;
    for (const batch of batches) {
      const work = async (): Promise<BatchEnd> => {
        events += await this.#read(batch);
        return {};
      };
      const outcome = await applyBatch(batch, { work });
      if (outcome === "moved") return { outcome, events };
    }
    return { outcome: "applied", events };
  }

  async #read(batch: CascadeBatch): Promise<number> {
    const { source, batchId, eventSql, signal } = batch;
    let count = 0;
    for await (const { events } of readBatchEvents(source, { batchId, eventSql, signal })) {
      for (const event of events) {
        if (signal.aborted) throw new SkytoolsError("ABORTED", "stopped in the middle of a batch");
        if (event.type?.startsWith("pgq.") !== true) await this.#hooks.event(event, batch);
      }
      count += events.length;
    }
    return count;
  }

  async found(): Promise<void> {
    // nothing follows the commit
  }

  skip(): Promise<Applied> {
    return Promise.resolve(NOTHING);
  }

  async finished(): Promise<void> {
    // the worker tells the watermarks
  }

  async idle(): Promise<void> {
    // nothing to do
  }

  async rootPass(target: Connection): Promise<void> {
    await this.#hooks.rootPass?.(target);
  }

  statistics(): Readonly<Record<string, number>> {
    return {};
  }
}
