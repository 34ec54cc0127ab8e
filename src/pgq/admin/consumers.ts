// Registering, moving and removing consumers from outside. The role needs pgq_reader.
import { SkytoolsError } from "../../errors/index.ts";
import type { ExecutorSource } from "../drivers/executor-source.ts";
import { toExecutor } from "../drivers/to-executor.ts";
import type { ConsumerStatus } from "../inspect/consumers.ts";
import { type QueueName, queueNameOf } from "../queue-name.ts";
import { callRegisterConsumer, callUnregisterConsumer } from "../sql-calls/consumer-admin.ts";
import { queryTick } from "../sql-calls/ticks.ts";
import { findPlace, type Place, type QueuePosition } from "./position.ts";
import { requireConsumer, requireQueue } from "../inspect/require.ts";

/**
 * Makes sure that a consumer is registered. A new one starts at `at`, which is "last" when left out: it gets what is
 * committed from now on. One that is registered stays where it is.
 * @returns whether it was registered now @throws QUEUE_UNKNOWN, POSITION_GONE
 */
export async function registerConsumer(
  source: ExecutorSource,
  queue: QueueName,
  consumer: string,
  { at = "last" }: { readonly at?: QueuePosition } = {},
): Promise<boolean> {
  const db = toExecutor(source);
  const name = queueNameOf(queue);
  await requireQueue(db, name);
  const place = at === "last" ? null : await findPlace(db, name, at);
  const isNew = await callRegisterConsumer(db, name, consumer, null);
  if (isNew && place !== null) await callRegisterConsumer(db, name, consumer, place.tick);
  return isNew;
}

/** Removes a consumer with its position and its retry events. @throws QUEUE_UNKNOWN, CONSUMER_UNKNOWN */
export async function unregisterConsumer(source: ExecutorSource, queue: QueueName, consumer: string): Promise<number> {
  const db = toExecutor(source);
  const name = queueNameOf(queue);
  await requireConsumer(db, name, consumer);
  return await callUnregisterConsumer(db, name, consumer);
}

/** What moving a consumer would do. Counts come from the event sequence: gaps count as events. */
export interface Move {
  readonly queue: string;
  readonly consumer: string;
  readonly from: bigint | null;
  readonly to: Place;
  /** Events that it would never get. */
  readonly skipped: bigint;
  /** Events that it would get again. */
  readonly repeated: bigint;
  /** Its open batch, which could not be finished any more. */
  readonly droppedBatch: bigint | null;
}

/** Says what `seekConsumer` would do, and does nothing. @throws as seekConsumer() */
export async function planMove(
  source: ExecutorSource,
  queue: QueueName,
  consumer: string,
  to: QueuePosition,
): Promise<Move> {
  const db = toExecutor(source);
  const name = queueNameOf(queue);
  const status = await requireConsumer(db, name, consumer);
  refuseMember(status);
  const place = await findPlace(db, name, to);
  const current = status.lastTick === null ? null : await queryTick(db, name, status.lastTick);
  const distance = current?.seq == null || place.seq === null ? 0n : place.seq - BigInt(current.seq);
  return {
    queue: name,
    consumer,
    from: status.lastTick,
    to: place,
    skipped: distance > 0n ? distance : 0n,
    repeated: distance < 0n ? -distance : 0n,
    droppedBatch: status.batch,
  };
}

/**
 * Moves a consumer to a place in the queue: forward it never gets what lies between, backward it gets it again, as far
 * as the events are still there. An open batch is dropped: whoever works on it cannot finish it. Retry events stay.
 * @throws QUEUE_UNKNOWN, CONSUMER_UNKNOWN, POSITION_GONE, WRONG_USE for a member of a group
 */
export async function seekConsumer(
  source: ExecutorSource,
  queue: QueueName,
  consumer: string,
  to: QueuePosition,
): Promise<Move> {
  const db = toExecutor(source);
  const move = await planMove(db, queue, consumer, to);
  await callRegisterConsumer(db, move.queue, consumer, move.to.tick);
  return move;
}

function refuseMember({ group, consumer }: ConsumerStatus): void {
  if (group === null) return;
  throw new SkytoolsError("WRONG_USE", `consumer ${consumer} is a member of ${group} and has no position of its own`, {
    hint: `move ${group}`,
  });
}
