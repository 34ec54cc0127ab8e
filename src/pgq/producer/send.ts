// Sending one event: one statement, one round trip, in whatever transaction the caller is.
import type { Executor } from "../database.ts";
import type { ExecutorSource } from "../drivers/executor-source.ts";
import { toExecutor } from "../drivers/to-executor.ts";
import { type Queue, type QueueOrName, toQueue } from "../queue.ts";
import { insertDelayed, insertEvent, insertOnce } from "../sql-calls/insert.ts";
import { watchSending } from "../telemetry/sending.ts";
import type { EventInput, UntypedEvent } from "./event-input.ts";
import { explained } from "./explain-error.ts";
import { toWire, type WireEvent } from "./wire-event.ts";

/** What sendOnce gives. */
export interface Sent {
  readonly id: bigint;
  /** False: the key was used before, and `id` is that event's. */
  readonly isNew: boolean;
}

/**
 * Sends an event in the transaction that `db` is in: it is in the queue if and only if that commits.
 * @returns its id; with a key that was used before, the id of the first event
 * @throws PAYLOAD_INVALID, EVENT_TYPE_UNKNOWN, WRONG_USE before anything is sent; QUEUE_UNKNOWN, QUEUE_CLOSED,
 * SCHEMA_TOO_OLD, and the driver's own errors
 */
export async function send<Q extends QueueOrName>(db: ExecutorSource, queue: Q, event: EventInput<Q>): Promise<bigint> {
  const { id } = await sendOne(toExecutor(db), toQueue(queue), event);
  return id;
}

/** The same; says whether the event is new, which one with a key may not be. */
export async function sendOnce<Q extends QueueOrName>(
  db: ExecutorSource,
  queue: Q,
  event: EventInput<Q> & { readonly key: string },
): Promise<Sent> {
  return await sendOne(toExecutor(db), toQueue(queue), event);
}

async function sendOne(db: Executor, queue: Queue, event: UntypedEvent): Promise<Sent> {
  return await watchSending({ queue, method: "send", counted: countOne }, async (traceField) => {
    const wire = await toWire(queue, event, traceField);
    return await explained(queue.name, () => insert(db, queue.name, wire));
  });
}

const countOne = ({ id }: Sent): { events: number; ids: bigint[] } => ({ events: 1, ids: [id] });

async function insert(db: Executor, queue: string, wire: WireEvent): Promise<Sent> {
  if (wire.key !== null) return await insertOnce(db, queue, wire);
  const isDelayed = wire.delayMs !== null || wire.at !== null;
  const id = await (isDelayed ? insertDelayed : insertEvent)(db, queue, wire);
  return { id, isNew: true };
}
