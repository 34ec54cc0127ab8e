// Queues with their settings and state.
import type { ExecutorSource } from "../drivers/executor-source.ts";
import { toExecutor } from "../drivers/to-executor.ts";
import { type QueueName, queueNameOf } from "../queue-name.ts";
import { type DelayedCountRow, queryDelayedCounts } from "../sql-calls/delayed.ts";
import { type QueueInfoRow, queryQueueInfo } from "../sql-calls/information.ts";

/** A queue with its settings and its state. */
export interface QueueStatus {
  readonly queue: string;
  readonly settings: {
    readonly tickerMaxCount: number;
    readonly tickerMaxLagMs: number;
    readonly tickerIdlePeriodMs: number;
    readonly tickerPaused: boolean;
    readonly externalTicker: boolean;
    readonly rotationPeriodMs: number | null;
    readonly disableInsert: boolean;
    /** Most events of one transaction; null: no limit. */
    readonly perTxLimit: number | null;
  };
  readonly lastTick: bigint | null;
  /** Age of the newest tick; null without ticks. */
  readonly tickAgeMs: number | null;
  /** By the last twenty ticks; null when they are too few. Gaps of the sequence count as events. */
  readonly eventsPerSecond: number | null;
  /** Events after the newest tick, by the sequence; null without ticks. */
  readonly newEvents: bigint | null;
  /** Last value of the event sequence: grows with each event, and by more now and then. */
  readonly eventSequence: bigint | null;
  /** Events that wait for their time; null when the role may not look (pgq_reader may). */
  readonly delayedEvents: bigint | null;
  /** Until the first of them is due, below 0 when it should have come; null without any. */
  readonly nextDelayedInMs: number | null;
  readonly tables: number;
  readonly currentTable: number;
  /** timestamptz as the server writes it. */
  readonly rotatedAt: string;
  readonly rotatedAgoMs: number;
  /** Between the two steps of a rotation. */
  readonly isRotating: boolean;
  /** Event tables with their indexes. */
  readonly bytes: number;
}

/** All queues, or the one that is named (none when it does not exist), by name. Any role may ask. */
export async function listQueues(source: ExecutorSource, queue?: QueueName): Promise<readonly QueueStatus[]> {
  const db = toExecutor(source);
  const rows = await queryQueueInfo(db, queue === undefined ? null : queueNameOf(queue));
  const delayed = rows.length === 0 ? null : await queryDelayedCounts(db);
  return rows.map((row) => toQueueStatus(row, delayed));
}

function toQueueStatus(row: QueueInfoRow, delayed: readonly DelayedCountRow[] | null): QueueStatus {
  const own = delayed?.find(({ queue_name }) => queue_name === row.queue_name);
  return {
    queue: row.queue_name,
    settings: {
      tickerMaxCount: row.max_count,
      tickerMaxLagMs: row.max_lag_ms,
      tickerIdlePeriodMs: row.idle_period_ms,
      tickerPaused: row.ticker_paused,
      externalTicker: row.external_ticker,
      rotationPeriodMs: row.rotation_period_ms,
      disableInsert: row.disable_insert,
      perTxLimit: row.per_tx_limit,
    },
    lastTick: toId(row.last_tick),
    tickAgeMs: row.ticker_lag_ms,
    eventsPerSecond: row.ev_per_sec,
    newEvents: toId(row.ev_new),
    eventSequence: toId(row.event_seq),
    delayedEvents: delayed === null ? null : BigInt(own?.waiting ?? 0),
    nextDelayedInMs: own?.next_due_in_ms ?? null,
    tables: row.ntables,
    currentTable: row.cur_table,
    rotatedAt: row.switch_time,
    rotatedAgoMs: row.switched_ms,
    isRotating: row.is_switching,
    bytes: row.bytes,
  };
}

function toId(text: string | null): bigint | null {
  return text === null ? null : BigInt(text);
}
