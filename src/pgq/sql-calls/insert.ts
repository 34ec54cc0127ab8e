// Calls of the functions that put events into a queue. Names of result columns have no underscore: some drivers can be
// told to rename those.
import type { Executor, Parameter } from "../database.ts";
import type { WireEvent } from "../producer/wire-event.ts";

/** The call is in two lengths because the short one is cheaper. */
const INSERT = "select pgq.insert_event($1::text, $2::text, $3::text)::text as id";
const INSERT_EXTRA =
  "select pgq.insert_event($1::text, $2::text, $3::text, $4::text, $5::text, $6::text, $7::text)::text as id";

export async function insertEvent(db: Executor, queue: string, event: WireEvent): Promise<bigint> {
  return hasExtra(event)
    ? await oneId(db, INSERT_EXTRA, [queue, event.type, event.data, ...extras(event)])
    : await oneId(db, INSERT, [queue, event.type, event.data]);
}

const INSERT_AT = `select pgq.insert_event_at($1::text, $8::text::timestamptz,
  $2::text, $3::text, $4::text, $5::text, $6::text, $7::text)::text as id`;
/** Counted from now, not from the begin of the transaction. */
const INSERT_AFTER = `select pgq.insert_event_at($1::text, clock_timestamp() + $8::text::float8 * interval '1 ms',
  $2::text, $3::text, $4::text, $5::text, $6::text, $7::text)::text as id`;

export async function insertDelayed(db: Executor, queue: string, event: WireEvent): Promise<bigint> {
  const sql = event.at === null ? INSERT_AFTER : INSERT_AT;
  return await oneId(db, sql, [queue, event.type, event.data, ...extras(event), event.at ?? String(event.delayMs)]);
}

const INSERT_ONCE = `select o.ev_id::text as id, o.is_new as fresh from pgq.insert_event_once(
  $1::text, $2::text, $4::text, $5::text, $6::text, $7::text, $8::text, $9::text,
  $3::text::float8 * interval '1 ms') o`;

export async function insertOnce(
  db: Executor,
  queue: string,
  event: WireEvent,
): Promise<{ readonly id: bigint; readonly isNew: boolean }> {
  const params = [queue, event.key, lifetimeText(event), event.type, event.data, ...extras(event)];
  const [row] = await db.query<{ id: string; fresh: boolean }>(INSERT_ONCE, params);
  if (row === undefined) throw new TypeError("the server gave no row");
  return { id: BigInt(row.id), isNew: row.fresh };
}

/** Null, which is for ever, for Infinity. */
export function lifetimeText({ keyLifetimeMs }: WireEvent): string | null {
  return keyLifetimeMs === Infinity ? null : String(keyLifetimeMs);
}

const CANCEL = "select pgq.cancel_delayed_event($1::text, $2::text::bigint) as cancelled";

export async function cancelDelayedEvent(db: Executor, queue: string, id: bigint): Promise<boolean> {
  const [row] = await db.query<{ cancelled: boolean }>(CANCEL, [queue, String(id)]);
  return row?.cancelled === true;
}

/** Also whether the name is good for longer than this statement: whether there is a transaction, asked in two steps. */
const CURRENT_TABLE = "select pgq.current_event_table($1::text) as name, txid_current()::text as txid";
const CURRENT_TXID = "select txid_current_if_assigned()::text as txid";

/** Null outside a transaction. The name is not quoted. */
export async function currentEventTable(db: Executor, queue: string): Promise<string | null> {
  const [table] = await db.query<{ name: string; txid: string }>(CURRENT_TABLE, [queue]);
  const [now] = await db.query<{ txid: string | null }>(CURRENT_TXID);
  return table !== undefined && table.txid === now?.txid ? table.name : null;
}

function hasExtra({ extra1, extra2, extra3, extra4 }: WireEvent): boolean {
  return extra1 !== null || extra2 !== null || extra3 !== null || extra4 !== null;
}

function extras({ extra1, extra2, extra3, extra4 }: WireEvent): (string | null)[] {
  return [extra1, extra2, extra3, extra4];
}

async function oneId(db: Executor, sql: string, params: readonly Parameter[]): Promise<bigint> {
  const [row] = await db.query<{ id: string }>(sql, params);
  if (row === undefined) throw new TypeError("the server gave no row");
  return BigInt(row.id);
}
