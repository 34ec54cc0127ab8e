// Looking at events without consuming them. Reading event tables needs pgq_reader, the retry queue pgq_admin.
import { SkytoolsError } from "../../errors/index.ts";
import { requireConsumer, requireQueue } from "./require.ts";
import type { Executor } from "../database.ts";
import type { ExecutorSource } from "../drivers/executor-source.ts";
import { toExecutor } from "../drivers/to-executor.ts";
import type { StoredEvent } from "../event.ts";
import { type QueueName, queueNameOf } from "../queue-name.ts";
import {
  type EventCondition,
  type EventRow,
  queryBatchEvents,
  queryEventTable,
  queryPendingEvents,
  queryRecentEvents,
  queryRetryEvents,
  querySnapshot,
} from "../sql-calls/event-views.ts";

/** Which events are shown. */
export interface EventFilter {
  /** Only events of this type. */
  readonly type?: string | undefined;
  /** Default 20. */
  readonly limit?: number | undefined;
}

/** An event set aside for a consumer. Its txid is 0: it gets a new one when it comes back. */
export interface WaitingEvent extends StoredEvent {
  readonly consumer: string;
  /** timestamptz text. */
  readonly dueAt: string;
  readonly dueInMs: number;
}

const DEFAULT_LIMIT = 20;

/** The newest events of a queue that are still there, newest first, ticked or not. @throws QUEUE_UNKNOWN */
export async function recentEvents(
  source: ExecutorSource,
  queue: QueueName,
  filter: EventFilter = {},
): Promise<readonly StoredEvent[]> {
  const db = toExecutor(source);
  const rows = await queryRecentEvents(db, await eventTable(db, queueNameOf(queue)), toCondition(filter));
  return rows.map(toStoredEvent);
}

/**
 * What a consumer has before it, the open batch and events without a tick included, in the order of transactions.
 * @throws QUEUE_UNKNOWN, CONSUMER_UNKNOWN, WRONG_USE for a cooperating consumer without a batch
 */
export async function pendingEvents(
  source: ExecutorSource,
  queue: QueueName,
  consumer: string,
  filter: EventFilter = {},
): Promise<readonly StoredEvent[]> {
  const db = toExecutor(source);
  const name = queueNameOf(queue);
  const { group } = await requireConsumer(db, name, consumer);
  const position = await querySnapshot(db, name, consumer);
  if (position?.snapshot == null) {
    throw new SkytoolsError("WRONG_USE", `consumer ${consumer} has no position in queue ${name}`, {
      hint: group === null ? "skytools doctor" : `it is a member of ${group}: ask for that`,
    });
  }
  const where = { snapshot: position.snapshot, subId: position.sub_id };
  const rows = await queryPendingEvents(db, await eventTable(db, name), where, toCondition(filter));
  return rows.map(toStoredEvent);
}

/** Events of an open batch, by id; empty when it has none. @throws DATABASE when there is no such batch */
export async function batchEvents(
  source: ExecutorSource,
  batch: bigint,
  filter: EventFilter = {},
): Promise<readonly StoredEvent[]> {
  const db = toExecutor(source);
  return (await queryBatchEvents(db, batch, toCondition(filter))).map(toStoredEvent);
}

/** Events that wait to be delivered again, those due first. @throws QUEUE_UNKNOWN */
export async function retryEvents(
  source: ExecutorSource,
  queue: QueueName,
  consumer?: string,
  filter: EventFilter = {},
): Promise<readonly WaitingEvent[]> {
  const db = toExecutor(source);
  const name = queueNameOf(queue);
  await requireQueue(db, name);
  const rows = await queryRetryEvents(db, name, consumer ?? null, toCondition(filter));
  return rows.map((row) => ({
    ...toStoredEvent(row),
    consumer: row.consumer,
    dueAt: row.due,
    dueInMs: row.due_in_ms,
  }));
}

async function eventTable(db: Executor, queue: string): Promise<string> {
  const found = await queryEventTable(db, queue);
  if (found === null) await requireQueue(db, queue);
  return found?.table ?? "";
}

function toCondition({ type, limit = DEFAULT_LIMIT }: EventFilter): EventCondition {
  return { type: type ?? null, limit };
}

export function toStoredEvent(row: EventRow): StoredEvent {
  return {
    id: BigInt(row.id),
    time: row.time,
    txid: BigInt(row.txid ?? 0),
    retry: row.retry,
    type: row.type,
    data: row.data,
    extra1: row.extra1,
    extra2: row.extra2,
    extra3: row.extra3,
    extra4: row.extra4,
  };
}
