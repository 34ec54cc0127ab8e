// Many workers share one consumer: each batch goes to one of them (pgq_coop). Order between batches is lost.
// A worker that is silent for too long is dead: another one is given its batch, and its own end of it fails.
// Source: spec of the consumers, 5.4 (CoopConsumer). Differs: heartbeat, fencing, and the batch conditions count.
import { systemClock, type Clock } from "../../clock/index.ts";
import type { BatchSource } from "../consumer/seam.ts";
import {
  finishSharedBatch,
  heartbeat,
  type Member,
  nextSharedBatch,
  registerWorker,
  unregisterWorker,
} from "../sql-calls/pgq-coop.ts";
import { callRegisterConsumer } from "../sql-calls/consumer-admin.ts";
import { holdByHeartbeat, lostBatch } from "./heartbeat.ts";
import { sqlstateOf } from "../sqlstate-of.ts";

export interface SharedSourceOptions {
  readonly queue: string;
  readonly consumer: string;
  /** Name of this worker in the group; two processes with one name are one worker to the queue. */
  readonly subconsumer: string;
  /** A worker without a sign of life for this long is dead. Default 60 000. */
  readonly deadAfterMs?: number;
  readonly clock?: Clock;
}

export const DEFAULT_DEAD_AFTER_MS = 60_000;

/** Signs of life in one dead interval: two may be late or lost. */
export const BEATS_PER_INTERVAL = 4;

export function sharedSource(options: SharedSourceOptions): BatchSource {
  const { queue, consumer, subconsumer, deadAfterMs = DEFAULT_DEAD_AFTER_MS, clock = systemClock } = options;
  const member: Member = { queue, consumer, worker: subconsumer };
  return {
    next: (database, wish) => nextSharedBatch(database, member, wish, deadAfterMs),
    async finish(tx, batch) {
      try {
        await finishSharedBatch(tx, member, batch.id);
      } catch (error) {
        throw sqlstateOf(error) === "55000" ? lostBatch(batch, error) : error;
      }
    },
    hold: (batch, database) =>
      holdByHeartbeat(batch, {
        clock,
        intervalMs: deadAfterMs / BEATS_PER_INTERVAL,
        beat: () => heartbeat(database, member, batch.id),
      }),
    async register(db, atTick) {
      // the group's position is that of the main consumer
      const isNew = atTick === null ? false : await callRegisterConsumer(db, queue, consumer, atTick);
      return (await registerWorker(db, member)) || isNew;
    },
    unregister: (db) => unregisterWorker(db, member),
  };
}
