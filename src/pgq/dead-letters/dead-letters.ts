// Dead letters: events that a consumer gave up on, kept until somebody replays or purges them. The role needs pgq_reader.
import type { ExecutorSource } from "../drivers/executor-source.ts";
import { toExecutor } from "../drivers/to-executor.ts";
import type { StoredEvent } from "../event.ts";
import { toStoredEvent } from "../inspect/events.ts";
import { requireConsumer, requireQueue } from "../inspect/require.ts";
import { type QueueName, queueNameOf } from "../queue-name.ts";
import {
  callPurgeDeadLetters,
  callReplayDeadLetters,
  type DeadLetterRow,
  queryDeadLetters,
} from "../sql-calls/dead-letters.ts";

/** An event with why and when it was given up. `deadId` numbers dead letters, `id` is the event's own. */
export interface DeadLetter extends StoredEvent {
  readonly deadId: bigint;
  readonly queue: string;
  readonly consumer: string;
  /** timestamptz text. */
  readonly deadAt: string;
  readonly reason: string | null;
}

/** Which dead letters are listed. */
export interface DeadLetterPage {
  readonly queue?: QueueName | undefined;
  readonly consumer?: string | undefined;
  /** Only those after this number: the last one of the page before. */
  readonly after?: bigint | undefined;
  /** Default 100. */
  readonly limit?: number | undefined;
}

/** The oldest first. @throws QUEUE_UNKNOWN */
export async function listDeadLetters(
  source: ExecutorSource,
  { queue, consumer, after = 0n, limit = 100 }: DeadLetterPage = {},
): Promise<readonly DeadLetter[]> {
  const db = toExecutor(source);
  const name = queue === undefined ? null : queueNameOf(queue);
  if (name !== null) await requireQueue(db, name);
  const rows = await queryDeadLetters(db, { queue: name, consumer: consumer ?? null }, after, limit);
  return rows.map(toDeadLetter);
}

/**
 * Gives dead letters to their consumer again, and to no other: all, or those of these numbers. They arrive once the
 * maintenance of a ticker has run; their retry count starts anew.
 * @returns how many @throws QUEUE_UNKNOWN, CONSUMER_UNKNOWN
 */
export async function replayDeadLetters(
  source: ExecutorSource,
  queue: QueueName,
  consumer: string,
  { ids }: { readonly ids?: readonly bigint[] } = {},
): Promise<number> {
  const db = toExecutor(source);
  const name = queueNameOf(queue);
  await requireConsumer(db, name, consumer);
  return await callReplayDeadLetters(db, { queue: name, consumer, ids: ids ?? null });
}

/** Which dead letters of a queue are purged; without any, all. */
export interface PurgeOptions {
  /** All consumers when left out; it need not be registered any more. */
  readonly consumer?: string | undefined;
  readonly ids?: readonly bigint[] | undefined;
  /** Only those that were given up so long ago. Milliseconds. */
  readonly olderThanMs?: number | undefined;
}

/** Removes dead letters of a queue for good. @returns how many @throws QUEUE_UNKNOWN */
export async function purgeDeadLetters(
  source: ExecutorSource,
  queue: QueueName,
  { consumer, ids, olderThanMs }: PurgeOptions = {},
): Promise<number> {
  const db = toExecutor(source);
  const name = queueNameOf(queue);
  await requireQueue(db, name);
  return await callPurgeDeadLetters(
    db,
    { queue: name, consumer: consumer ?? null, ids: ids ?? null },
    olderThanMs ?? null,
  );
}

function toDeadLetter(row: DeadLetterRow): DeadLetter {
  const { dl_id, queue_name, consumer_name, dead_at, reason } = row;
  return {
    ...toStoredEvent(row),
    deadId: BigInt(dl_id),
    queue: queue_name,
    consumer: consumer_name,
    deadAt: dead_at,
    reason,
  };
}
