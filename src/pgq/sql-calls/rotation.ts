// What the rotation of a queue depends on, by the rules of pgq.maint_rotate_tables_step1.
import type { Executor } from "../database.ts";

export interface RotationRow {
  queue: string;
  /** Null: the queue is never rotated. */
  due_in_ms: number | null;
  is_half_done: boolean;
  /** Every transaction up to this one must be over; null between the steps. */
  step2: string | null;
  /** Oldest transaction that was open at the newest tick; null without ticks. */
  newest_xmin: string | null;
  /** The same now. */
  current_xmin: string;
  has_consumers: boolean;
}

const ROTATION = `
select q.queue_name::text as queue,
       (pg_catalog.date_part('epoch', q.queue_switch_time + q.queue_rotation_period - pg_catalog.now()) * 1000)::float8
           as due_in_ms,
       q.queue_switch_step2 is null as is_half_done,
       q.queue_switch_step2::text as step2,
       (select pg_catalog.txid_snapshot_xmin(t.tick_snapshot) from pgq.tick t where t.tick_queue = q.queue_id
         order by t.tick_queue desc, t.tick_id desc limit 1)::text as newest_xmin,
       pg_catalog.txid_snapshot_xmin(pg_catalog.txid_current_snapshot())::text as current_xmin,
       exists (select from pgq.subscription s where s.sub_queue = q.queue_id) as has_consumers
  from pgq.queue q
 where $1::text is null or q.queue_name = $1::text
 order by 1`;

export function queryRotation(db: Executor, queue: string | null): Promise<RotationRow[]> {
  return db.query<RotationRow>(ROTATION, [queue]);
}

export interface SlowConsumerRow {
  queue: string;
  consumer: string;
  /** Its position has no tick any more. */
  is_lost: boolean;
  last_seen_ms: number;
  /** Since its position; null when that is lost. */
  lag_ms: number | null;
  has_batch: boolean;
  /** At the newest tick: not the consumer is late, an open transaction is. */
  is_at_end: boolean;
}

const SLOW = `
select q.queue_name::text as queue, c.co_name::text as consumer, t.tick_id is null as is_lost,
       (pg_catalog.date_part('epoch', pg_catalog.now() - s.sub_active) * 1000)::float8 as last_seen_ms,
       (pg_catalog.date_part('epoch', pg_catalog.now() - t.tick_time) * 1000)::float8 as lag_ms,
       s.sub_batch is not null as has_batch,
       not exists (select from pgq.tick n where n.tick_queue = s.sub_queue and n.tick_id > s.sub_last_tick) as is_at_end
  from pgq.queue q
  join pgq.subscription s on s.sub_queue = q.queue_id
  join pgq.consumer c on c.co_id = s.sub_consumer
  left join pgq.tick t on t.tick_queue = s.sub_queue and t.tick_id = s.sub_last_tick
 where s.sub_last_tick is not null and ($1::text is null or q.queue_name = $1::text)
   and (t.tick_id is null or pg_catalog.txid_snapshot_xmin(t.tick_snapshot) <= q.queue_switch_step2)
 order by 1, 2`;

/** Consumers that may still need the table before the current one. */
export function querySlowConsumers(db: Executor, queue: string | null): Promise<SlowConsumerRow[]> {
  return db.query<SlowConsumerRow>(SLOW, [queue]);
}
