// What a ticker asks a database, with our schema and with the C extension.
import type { Executor } from "../database.ts";
import { tickNotice } from "../wake-up.ts";

/** The lock of whoever ticks a database; pgq.ticker_loop takes the same. */
const TICKER_LOCK = "7366513, -1";

export interface TickerFacts {
  readonly hasSchema: boolean;
  readonly isInRecovery: boolean;
  /** pgq.ticker_now is there: our schema. */
  readonly hasTickerNow: boolean;
  /** pgq.maint_delayed_events and pgq.next_delayed_event are there. */
  readonly hasDelayedEvents: boolean;
  /** The role may look at the events that were set aside. */
  readonly canSeeRetries: boolean;
}

/** Works on every database, also one without PgQ. */
export async function readTickerFacts(db: Executor): Promise<TickerFacts> {
  const [row] = await db.query<TickerFacts>(`
    select to_regnamespace('pgq') is not null as "hasSchema",
        pg_is_in_recovery() as "isInRecovery",
        to_regprocedure('pgq.ticker_now(text[])') is not null as "hasTickerNow",
        to_regprocedure('pgq.maint_delayed_events()') is not null
            and to_regprocedure('pgq.next_delayed_event()') is not null as "hasDelayedEvents",
        coalesce(has_table_privilege(to_regclass('pgq.retry_queue'), 'select'), false) as "canSeeRetries"`);
  return (
    row ?? { hasSchema: false, isInRecovery: false, hasTickerNow: false, hasDelayedEvents: false, canSeeRetries: false }
  );
}

/** Null when the function gives no row. */
export async function readVersion(db: Executor): Promise<string | null> {
  const [row] = await db.query<{ version: string | null }>("select pgq.version()::text as version");
  return row?.version ?? null;
}

/** Takes the lock for this session; false: another session has it. */
export async function tryTickerLock(db: Executor): Promise<boolean> {
  const [row] = await db.query<{ locked: boolean }>(`select pg_try_advisory_lock(${TICKER_LOCK}) as locked`);
  return row?.locked === true;
}

/** One session of the server, never another one with the same process id. */
export interface SessionId {
  readonly pid: number;
  readonly startedAt: string;
  readonly application: string;
}

export async function readSessionId(db: Executor): Promise<SessionId | null> {
  const [row] = await db.query<SessionId>(`
    select pid, backend_start::text as "startedAt", application_name as application
        from pg_stat_activity where pid = pg_backend_pid()`);
  return row ?? null;
}

/** Ends a session of ours that we have lost: the server has not noticed yet, and keeps its lock. */
export async function endSession(db: Executor, { pid, startedAt, application }: SessionId): Promise<void> {
  await db.query(
    `select pg_terminate_backend(pid) from pg_stat_activity
        where pid = $1::text::int4 and backend_start = $2::text::timestamptz and application_name = $3::text
            and usename = current_user and pid <> pg_backend_pid()`,
    [String(pid), startedAt, application],
  );
}

export interface MadeTick {
  readonly queue: string;
  readonly tickId: string;
}

export interface TickAnswer {
  readonly ticks: readonly MadeTick[];
  /** Milliseconds until the next event that was set aside or delayed is due, 0 or less: now. Null: none, or not asked. */
  readonly dueInMs: number | null;
}

export interface TickRequest {
  /** Queues that are left out. */
  readonly except?: readonly string[];
  /** Only this one. */
  readonly only?: string;
  /** Also ask for the next event that was set aside or delayed, as far as the facts allow. */
  readonly withDue?: boolean;
}

/** Makes the ticks that are due, of all queues at once; the server notifies the consumers. */
export async function makeTicks(db: Executor, facts: TickerFacts, request: TickRequest = {}): Promise<TickAnswer> {
  const { except = [], only, withDue = false } = request;
  const queues =
    only !== undefined
      ? "array[$1::text]"
      : except.length > 0
        ? "array(select queue_name from pgq.queue where queue_name <> all (($1::text)::text[]))"
        : null;
  const ticks = facts.hasTickerNow
    ? `select queue_name, tick_id::text, null::float8 from pgq.ticker_now(${queues ?? "null"})`
    : tickOneByOne(queues);
  const due = withDue ? dueQuery(facts) : null;
  const sql = due === null ? ticks : `${ticks} union all select null, null, ${due}`;
  const params = queues === null ? [] : [only ?? arrayLiteral(except)];
  const rows = await db.query<{ queue_name: string | null; tick_id: string | null; due: number | null }>(
    `select x.* from (${sql}) x (queue_name, tick_id, due)`,
    params,
  );
  return {
    ticks: rows.flatMap(({ queue_name: queue, tick_id: tickId }) =>
      queue === null || tickId === null ? [] : [{ queue, tickId }],
    ),
    dueInMs: rows.find(({ queue_name: queue }) => queue === null)?.due ?? null,
  };
}

/** Whether ids of events were drawn since the ticks before these: false for ticks that are only there for the clock. */
export async function haveEvents(db: Executor, ticks: readonly MadeTick[]): Promise<boolean> {
  const [row] = await db.query<{ any: boolean }>(
    `select exists (
        select
            from unnest(($1::text)::text[], ($2::text)::bigint[]) made (queue_name, tick_id)
            join pgq.queue q on q.queue_name = made.queue_name
            join pgq.tick t on t.tick_queue = q.queue_id and t.tick_id = made.tick_id
            left join lateral (
                select p.tick_event_seq from pgq.tick p
                    where p.tick_queue = t.tick_queue and p.tick_id < t.tick_id
                    order by p.tick_queue desc, p.tick_id desc limit 1
            ) before on true
            where t.tick_event_seq is distinct from before.tick_event_seq
    ) as any`,
    [arrayLiteral(ticks.map(({ queue }) => queue)), arrayLiteral(ticks.map(({ tickId }) => tickId))],
  );
  return row?.any === true;
}

/** The C extension has no function for all queues that tells which of them were ticked. */
function tickOneByOne(queues: string | null): string {
  const chosen = queues === null ? "" : ` and queue_name = any (${queues})`;
  return `select queue_name, tick_id::text, null::float8
    from (
        select queue_name, pgq.ticker(queue_name) as tick_id
            from (
                select queue_name from pgq.queue
                    where not queue_external_ticker and not queue_ticker_paused${chosen}
                    order by queue_name offset 0
            ) q
            offset 0
    ) made
    cross join lateral (select ${tickNotice("queue_name")} where tick_id is not null) told`;
}

function dueQuery({ canSeeRetries, hasDelayedEvents }: TickerFacts): string | null {
  const times = [
    ...(canSeeRetries ? ["(select min(ev_retry_after) from pgq.retry_queue)"] : []),
    ...(hasDelayedEvents ? ["pgq.next_delayed_event()"] : []),
  ];
  if (times.length === 0) return null;
  return `(extract(epoch from least(${times.join(", ")}) - clock_timestamp()) * 1000)::float8`;
}

/** Names of the queues that a ticker ticks. */
export async function tickedQueues(db: Executor): Promise<string[]> {
  const rows = await db.query<{ queue_name: string }>(
    "select queue_name from pgq.queue where not queue_external_ticker and not queue_ticker_paused order by queue_name",
  );
  return rows.map((row) => row.queue_name);
}

function arrayLiteral(items: readonly string[]): string {
  return `{${items.map((item) => `"${item.replaceAll(/["\\]/g, "\\$&")}"`).join(",")}}`;
}
