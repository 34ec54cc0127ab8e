// Calls of the functions that put events into a queue. Names of result columns have no underscore: some drivers can be
// told to rename those.
import { arrayText, parseBigints } from "../array-text.ts";
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

const LIFETIME = "$3::text::float8 * interval '1 ms'";
const INSERT_ONCE = `select o.ev_id::text as id, o.is_new as fresh from pgq.insert_event_once(
  $1::text, $2::text, $4::text, $5::text, $6::text, $7::text, $8::text, $9::text, ${LIFETIME}) o`;

export async function insertOnce(
  db: Executor,
  queue: string,
  event: WireEvent,
): Promise<{ readonly id: bigint; readonly isNew: boolean }> {
  const params = [queue, event.key, lifetime(event), event.type, event.data, ...extras(event)];
  const [row] = await db.query<{ id: string; fresh: boolean }>(INSERT_ONCE, params);
  if (row === undefined) throw new TypeError("the server gave no row");
  return { id: BigInt(row.id), isNew: row.fresh };
}

const INSERT_MANY = "select pgq.insert_events($1::text, $2::text::text[], $3::text::text[])::text as ids";
const INSERT_MANY_EXTRA = `select pgq.insert_events($1::text, $2::text::text[], $3::text::text[],
  $4::text::text[], $5::text::text[], $6::text::text[], $7::text::text[])::text as ids`;
const INSERT_MANY_ONCE = `select pgq.insert_events_once($1::text, $2::text::text[], $4::text::text[], $5::text::text[],
  $6::text::text[], $7::text::text[], $8::text::text[], $9::text::text[], ${LIFETIME})::text as ids`;
const INSERT_MANY_DELAYED = `select array_agg(pgq.insert_event_at($1::text,
    case when u.at is null then clock_timestamp() + u.delay::float8 * interval '1 ms' else u.at::timestamptz end,
    u.type, u.data, u.extra1, u.extra2, u.extra3, u.extra4) order by u.place)::text as ids
  from unnest($2::text::text[], $3::text::text[], $4::text::text[], $5::text::text[], $6::text::text[],
    $7::text::text[], $8::text::text[], $9::text::text[]) with ordinality
    u (at, delay, type, data, extra1, extra2, extra3, extra4, place)`;

/** @returns ids in the order of the events */
export async function insertEvents(db: Executor, queue: string, events: readonly WireEvent[]): Promise<bigint[]> {
  const params = [queue, ...columns(events, ["type", "data"])];
  if (!events.some(hasExtra)) return await manyIds(db, INSERT_MANY, params);
  return await manyIds(db, INSERT_MANY_EXTRA, [...params, ...extraColumns(events)]);
}

/** All events have the lifetime of the first one. */
export async function insertEventsOnce(db: Executor, queue: string, events: readonly WireEvent[]): Promise<bigint[]> {
  const [first] = events;
  if (first === undefined) return [];
  const [keys, ...values] = columns(events, ["key", "type", "data"]);
  const params = [queue, keys ?? null, lifetime(first), ...values, ...extraColumns(events)];
  return await manyIds(db, INSERT_MANY_ONCE, params);
}

export async function insertEventsDelayed(
  db: Executor,
  queue: string,
  events: readonly WireEvent[],
): Promise<bigint[]> {
  const delays = arrayText(events.map(({ delayMs }) => (delayMs === null ? null : String(delayMs))));
  const params = [queue, ...columns(events, ["at"]), delays, ...columns(events, ["type", "data"])];
  return await manyIds(db, INSERT_MANY_DELAYED, [...params, ...columns(events, EXTRAS)]);
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

const EXTRAS = ["extra1", "extra2", "extra3", "extra4"] as const;

function hasExtra({ extra1, extra2, extra3, extra4 }: WireEvent): boolean {
  return extra1 !== null || extra2 !== null || extra3 !== null || extra4 !== null;
}

function extras({ extra1, extra2, extra3, extra4 }: WireEvent): (string | null)[] {
  return [extra1, extra2, extra3, extra4];
}

function columns(
  events: readonly WireEvent[],
  names: readonly ("key" | "at" | "type" | "data" | (typeof EXTRAS)[number])[],
): string[] {
  return names.map((name) => arrayText(events.map((event) => event[name])));
}

/** Null for a column that no event has: the server leaves it out then. */
function extraColumns(events: readonly WireEvent[]): (string | null)[] {
  return EXTRAS.map((name) => (events.some((event) => event[name] !== null) ? columns(events, [name]).join("") : null));
}

/** Null, which is for ever, for Infinity. */
function lifetime({ keyLifetimeMs }: WireEvent): Parameter {
  return keyLifetimeMs === Infinity ? null : String(keyLifetimeMs);
}

async function oneId(db: Executor, sql: string, params: readonly Parameter[]): Promise<bigint> {
  const [row] = await db.query<{ id: string }>(sql, params);
  if (row === undefined) throw new TypeError("the server gave no row");
  return BigInt(row.id);
}

async function manyIds(db: Executor, sql: string, params: readonly Parameter[]): Promise<bigint[]> {
  const [row] = await db.query<{ ids: string | null }>(sql, params);
  return parseBigints(row?.ids ?? "{}");
}
