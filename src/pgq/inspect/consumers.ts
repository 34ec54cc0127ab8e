// Consumers and where they are.
import type { ExecutorSource } from "../drivers/executor-source.ts";
import { toExecutor } from "../drivers/to-executor.ts";
import { type QueueName, queueNameOf } from "../queue-name.ts";
import { type DeadLetterCountRow, queryDeadLetterCounts } from "../sql-calls/dead-letters.ts";
import {
  type ConsumerInfoRow,
  queryConsumerInfo,
  queryRetryCounts,
  type RetryCountRow,
} from "../sql-calls/information.ts";

/** A consumer, where it stands and how far it is behind. */
export interface ConsumerStatus {
  readonly queue: string;
  readonly consumer: string;
  /** Main consumer of a cooperating one; null for all others. */
  readonly group: string | null;
  /** Age of the last tick that it finished; grows to the idle period of the queue without events. */
  readonly lagMs: number | null;
  /** How long the oldest tick that it has not finished has been there; 0 when it has finished all. */
  readonly behindMs: number | null;
  /** Since it opened or finished a batch, or told that it lives. */
  readonly lastSeenMs: number;
  /** Position; null for a cooperating consumer without a batch. */
  readonly lastTick: bigint | null;
  readonly batch: bigint | null;
  /** End of the open batch. */
  readonly nextTick: bigint | null;
  /** Events between its position and the newest tick, by the sequence. */
  readonly pendingEvents: bigint | null;
  /** Events set aside for it; null when the role may not look (pgq_admin may). Those of a group count with its main. */
  readonly retryEvents: bigint | null;
  /** Events that it gave up on; null when the role may not look (pgq_reader may). Those of a group count with its main. */
  readonly deadLetters: bigint | null;
}

/** Which consumers are listed; without any, all. */
export interface ConsumerFilter {
  readonly queue?: QueueName | undefined;
  readonly consumer?: string | undefined;
}

/** By queue and name. Any role may ask. */
export async function listConsumers(
  source: ExecutorSource,
  filter: ConsumerFilter = {},
): Promise<readonly ConsumerStatus[]> {
  const db = toExecutor(source);
  const queue = filter.queue === undefined ? null : queueNameOf(filter.queue);
  const rows = await queryConsumerInfo(db, queue, filter.consumer ?? null);
  const retries = rows.length === 0 ? null : await queryRetryCounts(db);
  const letters = rows.length === 0 ? null : await queryDeadLetterCounts(db);
  return rows.map((row) => toConsumerStatus(row, retries, letters));
}

function toConsumerStatus(
  row: ConsumerInfoRow,
  retries: readonly RetryCountRow[] | null,
  letters: readonly DeadLetterCountRow[] | null,
): ConsumerStatus {
  const isOwn = (r: { readonly queue_name: string; readonly consumer_name: string }): boolean =>
    r.queue_name === row.queue_name && r.consumer_name === row.consumer_name;
  return {
    queue: row.queue_name,
    consumer: row.consumer_name,
    group: row.group_name,
    lagMs: row.lag_ms,
    behindMs: row.behind_ms,
    lastSeenMs: row.last_seen_ms,
    lastTick: toId(row.last_tick),
    batch: toId(row.current_batch),
    nextTick: toId(row.next_tick),
    pendingEvents: toId(row.pending_events),
    retryEvents: retries === null ? null : row.group_name !== null ? 0n : BigInt(retries.find(isOwn)?.waiting ?? 0),
    deadLetters: letters === null ? null : BigInt(letters.find(isOwn)?.letters ?? 0),
  };
}

function toId(text: string | null): bigint | null {
  return text === null ? null : BigInt(text);
}
