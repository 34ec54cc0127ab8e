// Looking at events that were sent for later and have not come into their queue yet. The role needs pgq_reader.
import type { ExecutorSource } from "../drivers/executor-source.ts";
import { toExecutor } from "../drivers/to-executor.ts";
import { explained } from "../producer/explain-error.ts";
import { type QueueName, queueNameOf } from "../queue-name.ts";
import { type DelayedRow, queryDelayedEvents } from "../sql-calls/delayed.ts";
import { requireQueue } from "./require.ts";

/** An event that waits for its time. */
export interface DelayedEvent {
  /** The one that `send` gave, for `cancelDelayed`. */
  readonly id: bigint;
  readonly queue: string;
  /** timestamptz text. */
  readonly dueAt: string;
  /** Milliseconds; below 0 when a ticker should have put it into the queue already. */
  readonly dueInMs: number;
  /** timestamptz text. */
  readonly createdAt: string;
  readonly type: string | null;
  readonly data: string | null;
  readonly extra1: string | null;
  readonly extra2: string | null;
  readonly extra3: string | null;
  readonly extra4: string | null;
}

/** Which delayed events are listed. */
export interface DelayedPage {
  /** All queues when left out. */
  readonly queue?: QueueName | undefined;
  /** Default 100. */
  readonly limit?: number | undefined;
}

/** The next one first. @throws QUEUE_UNKNOWN, SCHEMA_TOO_OLD */
export async function delayedEvents(
  source: ExecutorSource,
  { queue, limit = 100 }: DelayedPage = {},
): Promise<readonly DelayedEvent[]> {
  const db = toExecutor(source);
  const name = queue === undefined ? null : queueNameOf(queue);
  if (name !== null) await requireQueue(db, name);
  const rows = await explained(name ?? "", () => queryDelayedEvents(db, name, limit));
  return rows.map(toDelayedEvent);
}

function toDelayedEvent({ id, queue_name, due, due_in_ms, created, ...payload }: DelayedRow): DelayedEvent {
  return { id: BigInt(id), queue: queue_name, dueAt: due, dueInMs: due_in_ms, createdAt: created, ...payload };
}
