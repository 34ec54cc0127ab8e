// The kept ticks of a queue: the places that a consumer can be moved to.
import type { Executor } from "../database.ts";

export interface TickRow {
  tick: string;
  /** timestamptz text. */
  time: string;
  /** Value of the event sequence; null in ticks of very old versions. */
  seq: string | null;
}

const TICK = "select t.tick_id::text as tick, t.tick_time::text as time, t.tick_event_seq::text as seq";
const OF_QUEUE = "from pgq.tick t join pgq.queue q on q.queue_id = t.tick_queue where q.queue_name = $1::text";

async function first(rows: Promise<TickRow[]>): Promise<TickRow | null> {
  return (await rows)[0] ?? null;
}

export function queryOldestTick(db: Executor, queue: string): Promise<TickRow | null> {
  return first(db.query(`${TICK} ${OF_QUEUE} order by t.tick_queue, t.tick_id limit 1`, [queue]));
}

export function queryNewestTick(db: Executor, queue: string): Promise<TickRow | null> {
  return first(db.query(`${TICK} ${OF_QUEUE} order by t.tick_queue desc, t.tick_id desc limit 1`, [queue]));
}

export function queryTick(db: Executor, queue: string, tick: bigint): Promise<TickRow | null> {
  return first(db.query(`${TICK} ${OF_QUEUE} and t.tick_id = $2::text::bigint`, [queue, tick.toString()]));
}

/** The newest tick that is not younger than `agoMs` before a time. */
export function queryTickAtTime(db: Executor, queue: string, time: string, agoMs: number): Promise<TickRow | null> {
  return first(
    db.query(
      `${TICK} ${OF_QUEUE} and t.tick_time <= $2::text::timestamptz - $3::text::interval
        order by t.tick_time desc, t.tick_id desc limit 1`,
      [queue, time, `${agoMs} milliseconds`],
    ),
  );
}

/** The `count`-th tick after a tick, or the last one when there are fewer; null when there is none. */
export function queryTickAfter(db: Executor, queue: string, tick: bigint, count: number): Promise<TickRow | null> {
  return first(
    db.query(
      `select * from (${TICK} ${OF_QUEUE} and t.tick_id > $2::text::bigint
                       order by t.tick_queue, t.tick_id limit $3::text::bigint) later
        order by later.tick::bigint desc limit 1`,
      [queue, tick.toString(), String(count)],
    ),
  );
}
