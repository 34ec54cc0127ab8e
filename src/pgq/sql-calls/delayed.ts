// Events that wait for their time outside of their queue.
import type { Executor } from "../database.ts";
import type { EventRow } from "./event-views.ts";

export interface DelayedRow extends Omit<EventRow, "time" | "txid" | "retry"> {
  queue_name: string;
  due: string;
  due_in_ms: number;
  created: string;
}

/** The next one first; of all queues when `queue` is null. */
export function queryDelayedEvents(db: Executor, queue: string | null, limit: number): Promise<DelayedRow[]> {
  return db.query<DelayedRow>(
    `select queue_name::text, ev_id::text as id, de_due::text as due,
            (pg_catalog.date_part('epoch', de_due - pg_catalog.now()) * 1000)::float8 as due_in_ms,
            de_created::text as created, ev_type::text as type, ev_data::text as data, ev_extra1::text as extra1,
            ev_extra2::text as extra2, ev_extra3::text as extra3, ev_extra4::text as extra4
       from pgq.get_delayed_events($1::text, $2::text::integer)`,
    [queue, String(limit)],
  );
}

export interface DelayedCountRow {
  queue_name: string;
  waiting: string;
  next_due_in_ms: number;
  /** Due for more than ten minutes. */
  overdue: string;
}

/** Delayed events by queue; null where this role may not look, and where the schema has none. */
export async function queryDelayedCounts(db: Executor): Promise<DelayedCountRow[] | null> {
  const [right] = await db.query<{ may: boolean | null }>(
    `select pg_catalog.has_column_privilege(pg_catalog.to_regclass('pgq.delayed_event'), 'de_due', 'select') as may`,
  );
  if (right?.may !== true) return null;
  return await db.query<DelayedCountRow>(
    `select q.queue_name::text, d.waiting::text, d.overdue::text,
            (pg_catalog.date_part('epoch', d.first_due - pg_catalog.now()) * 1000)::float8 as next_due_in_ms
       from (select de_queue, pg_catalog.count(*) as waiting, pg_catalog.min(de_due) as first_due,
                    pg_catalog.count(*) filter (
                        where de_due < pg_catalog.now() - interval '10 minutes') as overdue
               from pgq.delayed_event group by 1) d
       join pgq.queue q on q.queue_id = d.de_queue
      order by 1`,
  );
}
