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
