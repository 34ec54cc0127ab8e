// The functions of the schema that create, change, tick and remove queues.
import type { Executor } from "../database.ts";
import { tickNotice } from "../wake-up.ts";

/** true: created; false: it was there. */
export async function callCreateQueue(db: Executor, queue: string): Promise<boolean> {
  const [row] = await db.query<{ n: number }>("select pgq.create_queue($1::text)::int4 as n", [queue]);
  return row?.n === 1;
}

export async function callDropQueue(db: Executor, queue: string, force: boolean): Promise<void> {
  await db.query("select pgq.drop_queue($1::text, $2::text::boolean)::int4 as n", [queue, String(force)]);
}

export async function callSetQueueConfig(db: Executor, queue: string, name: string, value: string): Promise<void> {
  await db.query("select pgq.set_queue_config($1::text, $2::text, $3::text)::int4 as n", [queue, name, value]);
}

/** Moves the event sequence so that the next look of a ticker makes a tick. @returns id of the newest tick */
export async function callForceTick(db: Executor, queue: string): Promise<bigint | null> {
  const [row] = await db.query<{ tick: string | null }>("select pgq.force_tick($1::text)::text as tick", [queue]);
  return row?.tick == null ? null : BigInt(row.tick);
}

const TICK = `select made.tick::text as tick, ${tickNotice("$1::text")} as told
  from (select pgq.ticker($1::text) as tick offset 0) made`;

/** Wakes the consumers too, as a ticker does. @returns id of the tick that was made, null when none was due */
export async function callTicker(db: Executor, queue: string): Promise<bigint | null> {
  const [row] = await db.query<{ tick: string | null }>(TICK, [queue]);
  return row?.tick == null ? null : BigInt(row.tick);
}

/**
 * Whether this role may call pgq.ticker(queue), and whether that function keeps two tickers apart (ours does, the
 * reference's does not).
 */
export async function tickerRights(db: Executor): Promise<{ readonly mayTick: boolean; readonly isSafe: boolean }> {
  const [row] = await db.query<{ may_tick: boolean; is_safe: boolean }>(
    `select pg_catalog.has_function_privilege('pgq.ticker(text)', 'execute') as may_tick,
            exists (select from pg_catalog.pg_proc
                     where pronamespace = 'pgq'::pg_catalog.regnamespace and proname = '_tick') as is_safe`,
  );
  return { mayTick: row?.may_tick === true, isSafe: row?.is_safe === true };
}
