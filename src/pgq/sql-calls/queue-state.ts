// What explains why a consumer gets nothing.
import type { Executor } from "../database.ts";

export interface TickerState {
  readonly isPaused: boolean;
  /** Since the newest tick; null before the first one. */
  readonly tickAgeMs: number | null;
  /** After this time without events a tick is made all the same. */
  readonly idlePeriodMs: number;
  /** With events, a tick comes after this time. */
  readonly maxLagMs: number;
  /** Events since the newest tick, by the sequence. */
  readonly eventsWaiting: number;
}

interface StateRow {
  readonly paused: boolean;
  readonly age: number | null;
  readonly idle: number;
  readonly maxlag: number;
  readonly waiting: number | null;
}

const STATE = `select i.queue_ticker_paused as paused,
  (extract(epoch from i.ticker_lag) * 1000)::float8 as age,
  (extract(epoch from i.queue_ticker_idle_period) * 1000)::float8 as idle,
  (extract(epoch from i.queue_ticker_max_lag) * 1000)::float8 as maxlag,
  i.ev_new::float8 as waiting
  from pgq.get_queue_info($1::text) i`;

/** null: no such queue. */
export async function tickerState(db: Executor, queue: string): Promise<TickerState | null> {
  const [row] = await db.query<StateRow>(STATE, [queue]);
  if (row === undefined) return null;
  return {
    isPaused: row.paused,
    tickAgeMs: row.age,
    idlePeriodMs: row.idle,
    maxLagMs: row.maxlag,
    eventsWaiting: row.waiting ?? 0,
  };
}

/** How a queue is ticked. */
export interface Ticking {
  readonly isPaused: boolean;
  readonly isExternal: boolean;
  readonly lastTick: bigint | null;
}

/** null: no such queue. */
export async function queryTicking(db: Executor, queue: string): Promise<Ticking | null> {
  const [row] = await db.query<{ paused: boolean; outside: boolean; tick: string | null }>(
    `select i.queue_ticker_paused as paused, i.queue_external_ticker as outside, i.last_tick_id::text as tick
       from pgq.get_queue_info($1::text) i`,
    [queue],
  );
  if (row === undefined) return null;
  return { isPaused: row.paused, isExternal: row.outside, lastTick: row.tick === null ? null : BigInt(row.tick) };
}

export async function queueNames(db: Executor): Promise<string[]> {
  const rows = await db.query<{ name: string }>("select queue_name as name from pgq.queue order by 1");
  return rows.map(({ name }) => name);
}

export async function consumerNames(db: Executor, queue: string): Promise<string[]> {
  const rows = await db.query<{ name: string }>(
    `select c.co_name as name from pgq.queue q join pgq.subscription s on s.sub_queue = q.queue_id
       join pgq.consumer c on c.co_id = s.sub_consumer where q.queue_name = $1::text order by 1`,
    [queue],
  );
  return rows.map(({ name }) => name);
}
