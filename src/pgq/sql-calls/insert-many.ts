// Calls of the functions that put many events into a queue at once. Arrays are carried as texts, in the cheap way if
// the values allow it.
import { arrayText, fromArrayText, fromJoinedText, joinedText, parseBigints } from "../array-text.ts";
import type { Executor, Parameter } from "../database.ts";
import type { WireEvent } from "../producer/wire-event.ts";
import { lifetimeText } from "./insert.ts";

type ArrayOf = (parameter: string) => string;

const INSERT = inBothWays((array) => `select pgq.insert_events($1::text, ${array("$2")}, ${array("$3")})::text as ids`);
const INSERT_EXTRA = inBothWays(
  (array) => `select pgq.insert_events($1::text, ${array("$2")}, ${array("$3")},
    ${array("$4")}, ${array("$5")}, ${array("$6")}, ${array("$7")})::text as ids`,
);
const INSERT_ONCE = inBothWays(
  (array) => `select pgq.insert_events_once($1::text, ${array("$3")}, ${array("$4")}, ${array("$5")},
    ${array("$6")}, ${array("$7")}, ${array("$8")}, ${array("$9")}, $2::text::float8 * interval '1 ms')::text as ids`,
);
const INSERT_DELAYED = inBothWays(
  (array) => `select array_agg(pgq.insert_event_at($1::text,
      case when u.at is null then clock_timestamp() + u.delay::float8 * interval '1 ms' else u.at::timestamptz end,
      u.type, u.data, u.extra1, u.extra2, u.extra3, u.extra4) order by u.place)::text as ids
    from unnest(${array("$2")}, ${array("$3")}, ${array("$4")}, ${array("$5")}, ${array("$6")},
      ${array("$7")}, ${array("$8")}, ${array("$9")}) with ordinality
      u (at, delay, type, data, extra1, extra2, extra3, extra4, place)`,
);

/** @returns ids in the order of the events */
export async function insertEvents(db: Executor, queue: string, events: readonly WireEvent[]): Promise<bigint[]> {
  const { way, texts } = carry([columnOf(events, "type"), columnOf(events, "data"), ...extrasOf(events)]);
  const [types = null, datas = null, ...extras] = texts;
  if (extras.every((text) => text === null)) return await insertedIds(db, INSERT[way], [queue, types, datas]);
  return await insertedIds(db, INSERT_EXTRA[way], [queue, ...texts]);
}

/** All keys get the lifetime of the first event. */
export async function insertEventsOnce(
  db: Executor,
  queue: string,
  events: readonly [WireEvent, ...WireEvent[]],
): Promise<bigint[]> {
  const { way, texts } = carry([
    columnOf(events, "key"),
    columnOf(events, "type"),
    columnOf(events, "data"),
    ...extrasOf(events),
  ]);
  return await insertedIds(db, INSERT_ONCE[way], [queue, lifetimeText(events[0]), ...texts]);
}

export async function insertEventsDelayed(
  db: Executor,
  queue: string,
  events: readonly WireEvent[],
): Promise<bigint[]> {
  const { way, texts } = carry([
    columnOf(events, "at"),
    events.map(({ delayMs }) => (delayMs === null ? null : String(delayMs))),
    columnOf(events, "type"),
    columnOf(events, "data"),
    ...extrasOf(events),
  ]);
  return await insertedIds(db, INSERT_DELAYED[way], [queue, ...texts]);
}

async function insertedIds(db: Executor, sql: string, params: readonly Parameter[]): Promise<bigint[]> {
  const [row] = await db.query<{ ids: string | null }>(sql, params);
  return parseBigints(row?.ids ?? "{}");
}

type Column = readonly (string | null)[];
type Way = "joined" | "literal";

function inBothWays(sql: (array: ArrayOf) => string): Readonly<Record<Way, string>> {
  return { joined: sql(fromJoinedText), literal: sql(fromArrayText) };
}

function carry(columns: readonly (Column | null)[]): { readonly way: Way; readonly texts: (string | null)[] } {
  const joined = columns.map((column) => (column === null ? null : joinedText(column)));
  if (joined.every((text, i) => text !== null || columns[i] === null)) return { way: "joined", texts: joined };
  return { way: "literal", texts: columns.map((column) => (column === null ? null : arrayText(column))) };
}

type Name = "key" | "at" | "type" | "data" | "extra1" | "extra2" | "extra3" | "extra4";

function columnOf(events: readonly WireEvent[], name: Name): Column {
  return events.map((event) => event[name]);
}

/** Null for a field that no event has: the server leaves it out then. */
function extrasOf(events: readonly WireEvent[]): (Column | null)[] {
  return (["extra1", "extra2", "extra3", "extra4"] as const).map((name) =>
    events.some((event) => event[name] !== null) ? columnOf(events, name) : null,
  );
}
