// get_queue_info and get_consumer_info, with what the tables that everybody may read add to them.
import type { Executor } from "../database.ts";

export interface QueueInfoRow {
  queue_name: string;
  queue_id: number;
  ntables: number;
  cur_table: number;
  rotation_period_ms: number | null;
  switch_time: string;
  switched_ms: number;
  is_switching: boolean;
  external_ticker: boolean;
  ticker_paused: boolean;
  disable_insert: boolean;
  max_count: number;
  max_lag_ms: number;
  idle_period_ms: number;
  per_tx_limit: number | null;
  ticker_lag_ms: number | null;
  ev_per_sec: number | null;
  ev_new: string | null;
  last_tick: string | null;
  event_seq: string | null;
  bytes: number;
}

/** Milliseconds of an interval expression. */
function ms(expression: string): string {
  return `(pg_catalog.date_part('epoch', ${expression}) * 1000)::float8`;
}

const QUEUES = `
select i.queue_name::text, q.queue_id::int4, i.queue_ntables::int4 as ntables, i.queue_cur_table::int4 as cur_table,
       ${ms("i.queue_rotation_period")} as rotation_period_ms,
       i.queue_switch_time::text as switch_time,
       ${ms("pg_catalog.now() - i.queue_switch_time")} as switched_ms,
       q.queue_switch_step2 is null as is_switching,
       i.queue_external_ticker as external_ticker, i.queue_ticker_paused as ticker_paused,
       q.queue_disable_insert as disable_insert,
       i.queue_ticker_max_count::int4 as max_count,
       ${ms("i.queue_ticker_max_lag")} as max_lag_ms, ${ms("i.queue_ticker_idle_period")} as idle_period_ms,
       q.queue_per_tx_limit::int4 as per_tx_limit,
       ${ms("i.ticker_lag")} as ticker_lag_ms, i.ev_per_sec::float8, i.ev_new::text,
       i.last_tick_id::text as last_tick,
       pgq.seq_getval(q.queue_event_seq)::text as event_seq,
       (select coalesce(pg_catalog.sum(pg_catalog.pg_total_relation_size(
                   pg_catalog.to_regclass(pgq.quote_fqname(q.queue_data_pfx || '_' || n)))), 0)
          from pg_catalog.generate_series(0, q.queue_ntables - 1) n)::float8 as bytes
  from pgq.get_queue_info($1::text) i
  join pgq.queue q on q.queue_name = i.queue_name
 order by i.queue_name`;

export function queryQueueInfo(db: Executor, queue: string | null): Promise<QueueInfoRow[]> {
  return db.query<QueueInfoRow>(QUEUES, [queue]);
}

export interface ConsumerInfoRow {
  queue_name: string;
  consumer_name: string;
  group_name: string | null;
  lag_ms: number | null;
  behind_ms: number | null;
  last_seen_ms: number;
  last_tick: string | null;
  current_batch: string | null;
  next_tick: string | null;
  pending_events: string | null;
  sub_id: number;
}

// group_name: cooperating consumers share a sub_id; their main consumer's name and a dot begin theirs.
const CONSUMERS = `
select i.queue_name::text, i.consumer_name::text,
       (select mc.co_name
          from pgq.subscription ms
          join pgq.consumer mc on mc.co_id = ms.sub_consumer
         where ms.sub_queue = s.sub_queue and ms.sub_id = s.sub_id and ms.sub_consumer <> s.sub_consumer
           and pg_catalog.left(i.consumer_name, pg_catalog.length(mc.co_name) + 1) = mc.co_name || '.'
         order by pg_catalog.length(mc.co_name) desc limit 1)::text as group_name,
       ${ms("i.lag")} as lag_ms,
       case when i.last_tick is null then null else coalesce(
           (select ${ms("pg_catalog.now() - t.tick_time")} from pgq.tick t
             where t.tick_queue = s.sub_queue and t.tick_id > i.last_tick
             order by t.tick_queue, t.tick_id limit 1), 0) end as behind_ms,
       ${ms("i.last_seen")} as last_seen_ms,
       i.last_tick::text, i.current_batch::text, i.next_tick::text, i.pending_events::text, s.sub_id::int4
  from pgq.get_consumer_info($1::text, $2::text) i
  join pgq.queue q on q.queue_name = i.queue_name
  join pgq.consumer c on c.co_name = i.consumer_name
  join pgq.subscription s on s.sub_queue = q.queue_id and s.sub_consumer = c.co_id
 order by i.queue_name, i.consumer_name`;

export function queryConsumerInfo(
  db: Executor,
  queue: string | null,
  consumer: string | null,
): Promise<ConsumerInfoRow[]> {
  return db.query<ConsumerInfoRow>(CONSUMERS, [queue, consumer]);
}

export interface RetryCountRow {
  queue_name: string;
  consumer_name: string;
  waiting: string;
  due: string;
  /** Due for more than ten minutes. */
  overdue: string;
}

/** Events set aside, by subscription; null when this role may not look at the retry queue. */
export async function queryRetryCounts(db: Executor): Promise<RetryCountRow[] | null> {
  const [right] = await db.query<{ may: boolean }>(
    "select pg_catalog.has_table_privilege('pgq.retry_queue', 'select') as may",
  );
  if (right?.may !== true) return null;
  return await db.query<RetryCountRow>(
    `select q.queue_name::text, c.co_name::text as consumer_name, r.waiting::text, r.due::text, r.overdue::text
       from (select ev_queue, ev_owner, pg_catalog.count(*) as waiting,
                    pg_catalog.count(*) filter (where ev_retry_after <= pg_catalog.now()) as due,
                    pg_catalog.count(*) filter (
                        where ev_retry_after < pg_catalog.now() - interval '10 minutes') as overdue
               from pgq.retry_queue group by 1, 2) r
       join pgq.queue q on q.queue_id = r.ev_queue
       join pgq.subscription s on s.sub_queue = r.ev_queue and s.sub_id = r.ev_owner
       join pgq.consumer c on c.co_id = s.sub_consumer
      order by 1, 2`,
  );
}
