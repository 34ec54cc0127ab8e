// What a position in another database asks there: the functions of schema pgq_ext, or of another one with the same.
import type { Executor } from "../database.ts";
import { quoteSchema } from "./quote-schema.ts";

/** "pgq_e": the lock of whoever stores a tick, by consumer name. */
const STORE_LOCK = 1885827429;

/** The tick up to which events were applied here; null when nothing was stored. */
export async function getLastTick(db: Executor, schema: string, consumer: string): Promise<bigint | null> {
  const [row] = await db.query<{ tick: string | null }>(
    `select ${quoteSchema(schema)}.get_last_tick($1::text)::text as tick`,
    [consumer],
  );
  const tick = row?.tick ?? null;
  // Old programs take 0 for nothing.
  return tick === null || tick === "0" ? null : BigInt(tick);
}

/** Stores a tick; null forgets it. */
export async function setLastTick(db: Executor, schema: string, consumer: string, tick: bigint | null): Promise<void> {
  await db.query(`select ${quoteSchema(schema)}.set_last_tick($1::text, $2::text::bigint)::int4 as done`, [
    consumer,
    tick === null ? null : String(tick),
  ]);
}

/**
 * Stores a tick if what is stored is still what it was. Others that do the same wait for the end of this transaction.
 *
 * @returns false: somebody else has stored a tick meanwhile
 */
export async function replaceLastTick(
  db: Executor,
  schema: string,
  consumer: string,
  { from, to }: { readonly from: bigint | null; readonly to: bigint },
): Promise<boolean> {
  // A statement of its own: what the next one sees is younger than the lock.
  await db.query(
    `select pg_catalog.pg_advisory_xact_lock(${STORE_LOCK}, pg_catalog.hashtext($1::text))::text as locked`,
    [consumer],
  );
  const name = quoteSchema(schema);
  const [row] = await db.query<{ done: number }>(
    `select case when nullif(${name}.get_last_tick($1::text), 0) is not distinct from $2::text::bigint
       then ${name}.set_last_tick($1::text, $3::text::bigint) else 0 end::int4 as done`,
    [consumer, from === null ? null : String(from), String(to)],
  );
  return row?.done === 1;
}

/** Whether this is the batch that was applied here last. */
export async function isBatchDone(db: Executor, schema: string, consumer: string, batch: bigint): Promise<boolean> {
  const [row] = await db.query<{ done: boolean }>(
    `select ${quoteSchema(schema)}.is_batch_done($1::text, $2::text::bigint) as done`,
    [consumer, String(batch)],
  );
  return row?.done === true;
}

/** Remembers a batch as the last one applied. @returns false: it was so already, and the work must not be done again */
export async function setBatchDone(db: Executor, schema: string, consumer: string, batch: bigint): Promise<boolean> {
  const [row] = await db.query<{ is_new: boolean }>(
    `select ${quoteSchema(schema)}.set_batch_done($1::text, $2::text::bigint) as is_new`,
    [consumer, String(batch)],
  );
  return row?.is_new === true;
}
