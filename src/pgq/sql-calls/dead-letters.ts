// The functions of the schema for dead letters: events that a consumer gave up on. Names and ids may be null: all.
import { arrayText } from "../array-text.ts";
import type { Executor } from "../database.ts";
import type { EventRow } from "./event-views.ts";

export interface DeadLetterRow extends EventRow {
  dl_id: string;
  queue_name: string;
  consumer_name: string;
  dead_at: string;
  reason: string | null;
}

export interface DeadLetterChoice {
  readonly queue: string | null;
  readonly consumer: string | null;
  readonly ids: readonly bigint[] | null;
}

export function queryDeadLetters(
  db: Executor,
  { queue, consumer }: Omit<DeadLetterChoice, "ids">,
  after: bigint,
  limit: number,
): Promise<DeadLetterRow[]> {
  return db.query<DeadLetterRow>(
    `select dl_id::text, queue_name::text, consumer_name::text, dl_time::text as dead_at, dl_reason::text as reason,
            ev_id::text as id, ev_time::text as time, ev_txid::text as txid, ev_retry::int4 as retry,
            ev_type::text as type, ev_data::text as data, ev_extra1::text as extra1, ev_extra2::text as extra2,
            ev_extra3::text as extra3, ev_extra4::text as extra4
       from pgq.get_dead_letters($1::text, $2::text, $3::text::bigint, $4::text::integer)`,
    [queue, consumer, after.toString(), String(limit)],
  );
}

export interface DeadLetterCountRow {
  queue_name: string;
  consumer_name: string;
  letters: string;
  /** Since the newest one. */
  newest_ms: number;
}

/** Dead letters by queue and consumer; null where this role may not look, and where the schema has none. */
export async function queryDeadLetterCounts(db: Executor): Promise<DeadLetterCountRow[] | null> {
  const [right] = await db.query<{ may: boolean | null }>(
    `select pg_catalog.has_column_privilege(pg_catalog.to_regclass('pgq.dead_letter'), 'dl_consumer', 'select') as may`,
  );
  if (right?.may !== true) return null;
  return await db.query<DeadLetterCountRow>(
    `select q.queue_name::text, d.dl_consumer::text as consumer_name, pg_catalog.count(*)::text as letters,
            (pg_catalog.date_part('epoch', pg_catalog.now() - pg_catalog.max(d.dl_time)) * 1000)::float8 as newest_ms
       from pgq.dead_letter d
       join pgq.queue q on q.queue_id = d.dl_queue
      group by 1, 2 order by 1, 2`,
  );
}

/** @returns how many went back */
export async function callReplayDeadLetters(db: Executor, { queue, consumer, ids }: DeadLetterChoice): Promise<number> {
  const [row] = await db.query<{ n: number }>(
    "select pgq.replay_dead_letters($1::text, $2::text, ($3::text)::bigint[])::float8 as n",
    [queue, consumer, idArray(ids)],
  );
  return row?.n ?? 0;
}

/** @returns how many were removed */
export async function callPurgeDeadLetters(
  db: Executor,
  { queue, consumer, ids }: DeadLetterChoice,
  olderThanMs: number | null,
): Promise<number> {
  const [row] = await db.query<{ n: number }>(
    "select pgq.purge_dead_letters($1::text, $2::text, ($3::text)::bigint[], $4::text::interval)::float8 as n",
    [queue, consumer, idArray(ids), olderThanMs === null ? null : `${olderThanMs} milliseconds`],
  );
  return row?.n ?? 0;
}

function idArray(ids: readonly bigint[] | null): string | null {
  return ids === null ? null : arrayText(ids.map(String));
}
