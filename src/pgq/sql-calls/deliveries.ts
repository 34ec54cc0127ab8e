// What tells why a consumer gets nothing: positions against the newest event, its rights, its group.
import type { Executor } from "../database.ts";

export interface NewestEventRow {
  id: string;
  time: string;
  age_ms: number;
  txid: string;
  /** Whether the consumer's position is past it; null without a position. */
  is_passed: boolean | null;
}

/** The newest event that is still there; its table must be readable. `table` is quoted. */
export async function queryNewestEvent(
  db: Executor,
  table: string,
  snapshot: string | null,
): Promise<NewestEventRow | null> {
  const [row] = await db.query<NewestEventRow>(
    `select e.ev_id::text as id, e.ev_time::text as time, e.ev_txid::text as txid,
            (pg_catalog.date_part('epoch', pg_catalog.now() - e.ev_time) * 1000)::float8 as age_ms,
            pg_catalog.txid_visible_in_snapshot(e.ev_txid, $1::text::pg_catalog.txid_snapshot) as is_passed
       from ${table} e order by e.ev_txid desc, e.ev_id desc limit 1`,
    [snapshot],
  );
  return row ?? null;
}

export interface ReaderRightsRow {
  may_read: boolean;
  may_consume: boolean;
}

export async function queryReaderRights(db: Executor): Promise<ReaderRightsRow> {
  const [row] = await db.query<ReaderRightsRow>(
    `select pg_catalog.has_table_privilege('pgq.event_template', 'select') as may_read,
            pg_catalog.has_function_privilege('pgq.next_batch(text, text)', 'execute') as may_consume`,
  );
  return row ?? { may_read: false, may_consume: false };
}

/** Snapshot of a subscription's position, and whether its tick is gone. */
export interface PositionRow {
  snapshot: string | null;
  last_tick: string | null;
  /** Transaction ids of the newest tick are ahead of this server's. */
  is_future: boolean;
}

export async function queryPosition(db: Executor, queue: string, consumer: string): Promise<PositionRow | null> {
  const [row] = await db.query<PositionRow>(
    `select t.tick_snapshot::text as snapshot, s.sub_last_tick::text as last_tick,
            coalesce(pg_catalog.txid_snapshot_xmin(t.tick_snapshot)
                > pg_catalog.txid_snapshot_xmax(pg_catalog.txid_current_snapshot()), false) as is_future
       from pgq.subscription s
       join pgq.queue q on q.queue_id = s.sub_queue
       join pgq.consumer c on c.co_id = s.sub_consumer
       left join pgq.tick t on t.tick_queue = s.sub_queue and t.tick_id = s.sub_last_tick
      where q.queue_name = $1::text and c.co_name = $2::text`,
    [queue, consumer],
  );
  return row ?? null;
}
