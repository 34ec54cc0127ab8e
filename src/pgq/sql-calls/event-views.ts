// Statements that look at events without consuming them. They read the event tables with the caller's rights, which
// pgq_reader has; the retry queue is for pgq_admin.
import type { Executor, Parameter } from "../database.ts";

export interface EventRow {
  id: string;
  time: string;
  txid: string | null;
  retry: number | null;
  type: string | null;
  data: string | null;
  extra1: string | null;
  extra2: string | null;
  extra3: string | null;
  extra4: string | null;
}

const COLUMNS = `e.ev_id::text as id, e.ev_time::text as time, e.ev_txid::text as txid, e.ev_retry::int4 as retry,
       e.ev_type::text as type, e.ev_data::text as data, e.ev_extra1::text as extra1, e.ev_extra2::text as extra2,
       e.ev_extra3::text as extra3, e.ev_extra4::text as extra4`;

export interface EventTable {
  /** Parent of the event tables, quoted. */
  table: string;
  queue_id: number;
}

/** null when there is no such queue. */
export async function queryEventTable(db: Executor, queue: string): Promise<EventTable | null> {
  const [row] = await db.query<EventTable>(
    "select pgq.quote_fqname(queue_data_pfx)::text as table, queue_id::int4 from pgq.queue where queue_name = $1::text",
    [queue],
  );
  return row ?? null;
}

export interface EventCondition {
  readonly type: string | null;
  readonly limit: number;
}

/** The newest first. The index on ev_txid serves the order, so the tables are not read whole. */
export function queryRecentEvents(db: Executor, table: string, { type, limit }: EventCondition): Promise<EventRow[]> {
  return db.query<EventRow>(
    `select ${COLUMNS} from ${table} e
      where $1::text is null or e.ev_type = $1::text
      order by e.ev_txid desc, e.ev_id desc limit $2::text::bigint`,
    [type, String(limit)],
  );
}

/** Events of one id: more than one when it was delivered again. */
export function queryEventById(
  db: Executor,
  table: string,
  id: bigint,
): Promise<(EventRow & { owner: number | null; place: string })[]> {
  return db.query(
    `select ${COLUMNS}, e.ev_owner::int4 as owner, e.tableoid::pg_catalog.regclass::text as place from ${table} e
      where e.ev_id = $1::text::bigint order by e.ev_txid`,
    [id.toString()],
  );
}

/** Events that a subscription has not passed, in the order of their transactions; those without a tick yet included. */
export function queryPendingEvents(
  db: Executor,
  table: string,
  { snapshot, subId }: { readonly snapshot: string; readonly subId: number },
  { type, limit }: EventCondition,
): Promise<EventRow[]> {
  const params: Parameter[] = [snapshot, String(subId), type, String(limit)];
  return db.query<EventRow>(
    `select ${COLUMNS} from ${table} e
      where e.ev_txid >= pg_catalog.txid_snapshot_xmin($1::text::pg_catalog.txid_snapshot)
        and not pg_catalog.txid_visible_in_snapshot(e.ev_txid, $1::text::pg_catalog.txid_snapshot)
        and (e.ev_owner is null or e.ev_owner = $2::text::integer)
        and ($3::text is null or e.ev_type = $3::text)
      order by e.ev_txid, e.ev_id limit $4::text::bigint`,
    params,
  );
}

/** Events of an open batch, by id. */
export function queryBatchEvents(db: Executor, batch: bigint, { type, limit }: EventCondition): Promise<EventRow[]> {
  return db.query<EventRow>(
    `select ${COLUMNS} from pgq.get_batch_events($1::text::bigint) e
      where $2::text is null or e.ev_type = $2::text
      order by e.ev_id limit $3::text::bigint`,
    [batch.toString(), type, String(limit)],
  );
}

export type RetryRow = EventRow & { consumer: string; due: string; due_in_ms: number };

/** Events set aside, those due first. A group's events are listed under its main consumer. */
export function queryRetryEvents(
  db: Executor,
  queue: string,
  consumer: string | null,
  { type, limit }: EventCondition,
): Promise<RetryRow[]> {
  return db.query<RetryRow>(
    `select ${COLUMNS}, o.consumer, e.ev_retry_after::text as due,
            (pg_catalog.date_part('epoch', e.ev_retry_after - pg_catalog.now()) * 1000)::float8 as due_in_ms
       from pgq.retry_queue e
       join pgq.queue q on q.queue_id = e.ev_queue
       cross join lateral (select pg_catalog.min(c.co_name)::text as consumer
                             from pgq.subscription s join pgq.consumer c on c.co_id = s.sub_consumer
                            where s.sub_queue = e.ev_queue and s.sub_id = e.ev_owner) o
      where q.queue_name = $1::text and ($2::text is null or o.consumer = $2::text)
        and ($3::text is null or e.ev_type = $3::text)
      order by e.ev_retry_after, e.ev_id limit $4::text::bigint`,
    [queue, consumer, type, String(limit)],
  );
}

export interface PassedRow {
  consumer: string;
  sub_id: number;
  passed: boolean | null;
  in_batch: boolean | null;
  batch: string | null;
}

/** For each subscription of a queue whether it has passed a transaction, or has it in its open batch. */
export function queryPassed(db: Executor, queueId: number, txid: string): Promise<PassedRow[]> {
  return db.query<PassedRow>(
    `select c.co_name::text as consumer, s.sub_id::int4, s.sub_batch::text as batch,
            pg_catalog.txid_visible_in_snapshot($2::text::bigint, l.tick_snapshot) as passed,
            pg_catalog.txid_visible_in_snapshot($2::text::bigint, n.tick_snapshot) as in_batch
       from pgq.subscription s
       join pgq.consumer c on c.co_id = s.sub_consumer
       left join pgq.tick l on l.tick_queue = s.sub_queue and l.tick_id = s.sub_last_tick
       left join pgq.tick n on n.tick_queue = s.sub_queue and n.tick_id = s.sub_next_tick
      where s.sub_queue = $1::text::integer order by 1`,
    [String(queueId), txid],
  );
}

/** Position of a subscription as a snapshot; null while it has none. */
export async function querySnapshot(
  db: Executor,
  queue: string,
  consumer: string,
): Promise<{ readonly snapshot: string | null; readonly sub_id: number } | null> {
  const [row] = await db.query<{ snapshot: string | null; sub_id: number }>(
    `select t.tick_snapshot::text as snapshot, s.sub_id::int4
       from pgq.subscription s
       join pgq.queue q on q.queue_id = s.sub_queue
       join pgq.consumer c on c.co_id = s.sub_consumer
       left join pgq.tick t on t.tick_queue = s.sub_queue and t.tick_id = s.sub_last_tick
      where q.queue_name = $1::text and c.co_name = $2::text`,
    [queue, consumer],
  );
  return row ?? null;
}
