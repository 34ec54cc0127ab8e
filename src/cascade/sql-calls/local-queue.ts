// What administration needs to know of a node's PgQ queue, and does there beside the functions of pgq_node.
import { forceTick, makeTick } from "../../pgq/index.ts";
import type { Connection, Queryable } from "../../postgres/index.ts";
import type { CascadeConsumer } from "./consumer-state.ts";

export interface TickRange {
  /** The oldest tick that is kept. */
  readonly oldest: bigint;
  readonly newest: bigint;
}

/** null: the database has no such queue, as on a leaf. */
export async function readTickRange(db: Queryable, queue: string): Promise<TickRange | null> {
  return await db.maybeOne<TickRange>(
    `select min(t.tick_id) as oldest, max(t.tick_id) as newest
       from pgq.tick t join pgq.queue q on q.queue_id = t.tick_queue
      where q.queue_name = $1::text
     having count(*) > 0`,
    [queue],
  );
}

/** The highest id that an event of the queue has, or had. null: no such queue. */
export async function readNewestEvent(db: Queryable, queue: string): Promise<bigint | null> {
  const row = await db.maybeOne<{ id: bigint }>(
    "select pgq.seq_getval(queue_event_seq) as id from pgq.queue where queue_name = $1::text",
    [queue],
  );
  return row?.id ?? null;
}

/** A tick of a queue, with what splits events between ticks. */
export interface StoredTick {
  readonly tickId: bigint;
  /** timestamptz as text. */
  readonly tickTime: string;
  readonly eventSequence: bigint;
  /** txid_snapshot as text. */
  readonly snapshot: string;
}

/** The ticks behind `after`, up to `upTo`, in order. */
export async function readTicks(
  db: Queryable,
  queue: string,
  { after, upTo }: { readonly after: bigint; readonly upTo: bigint },
): Promise<readonly StoredTick[]> {
  return await db.query<StoredTick>(
    `select t.tick_id as "tickId", t.tick_time::text as "tickTime", t.tick_event_seq as "eventSequence",
            t.tick_snapshot::text as snapshot
       from pgq.tick t join pgq.queue q on q.queue_id = t.tick_queue
      where q.queue_name = $1::text and t.tick_id > $2::int8 and t.tick_id <= $3::int8
      order by t.tick_id`,
    [queue, after, upTo],
  );
}

/** Has a tick made in the root's queue: at once where we may, else as soon as the ticker sees the gap that was made. */
export async function requestTickHere(db: Connection, queue: string): Promise<void> {
  await forceTick(db, queue);
  await makeTick(db, queue).catch(() => undefined);
}

export async function hasTick(db: Queryable, queue: string, tick: bigint): Promise<boolean> {
  const { found } = await db.one<{ found: boolean }>(
    `select exists (select from pgq.tick t join pgq.queue q on q.queue_id = t.tick_queue
                     where q.queue_name = $1::text and t.tick_id = $2::int8) as found`,
    [queue, tick],
  );
  return found;
}

/**
 * When a tick was made, by the root's clock: the same on all nodes that have it, but for the first of a queue, which is made
 * with the node. null: it is not there, or the oldest that is.
 */
export async function readTickTime(db: Queryable, queue: string, tick: bigint): Promise<string | null> {
  const row = await db.maybeOne<{ time: string }>(
    `select to_char(t.tick_time at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US') as time
       from pgq.tick t join pgq.queue q on q.queue_id = t.tick_queue
      where q.queue_name = $1::text and t.tick_id = $2::int8
        and exists (select from pgq.tick o where o.tick_queue = t.tick_queue and o.tick_id < t.tick_id)`,
    [queue, tick],
  );
  return row?.time ?? null;
}

/** Who may put events and ticks into a queue. */
export interface QueueDoors {
  readonly disableInsert: boolean;
  readonly externalTicker: boolean;
}

export async function readQueueDoors(db: Queryable, queue: string): Promise<QueueDoors> {
  return await db.one<QueueDoors & Record<string, boolean>>(
    `select queue_disable_insert as "disableInsert", queue_external_ticker as "externalTicker"
       from pgq.queue where queue_name = $1::text`,
    [queue],
  );
}

/** Straight into the table: no function of PgQ sets both. */
export async function setQueueDoors(db: Queryable, queue: string, doors: QueueDoors): Promise<void> {
  await db.query(
    "update pgq.queue set queue_disable_insert = $2::bool, queue_external_ticker = $3::bool where queue_name = $1::text",
    [queue, doors.disableInsert, doors.externalTicker],
  );
}

/** Consumers of a queue that are not one of the names with a leading dot, by name. */
export async function readPlainConsumers(db: Queryable, queue: string): Promise<readonly string[]> {
  const rows = await db.query<{ name: string }>(
    `select consumer_name as name from pgq.get_consumer_info($1::text)
      where consumer_name not like '.%' order by consumer_name`,
    [queue],
  );
  return rows.map(({ name }) => name);
}

/** Where a consumer stands; null: it is not registered. */
export async function readConsumerTick(db: Queryable, { queue, consumer }: CascadeConsumer): Promise<bigint | null> {
  const row = await db.maybeOne<{ tick: bigint }>(
    "select last_tick as tick from pgq.get_consumer_info($1::text, $2::text)",
    [queue, consumer],
  );
  return row?.tick ?? null;
}

/** Registers a consumer at a tick, or moves it there. */
export async function putConsumerAt(db: Queryable, { queue, consumer }: CascadeConsumer, tick: bigint): Promise<void> {
  await db.query("select pgq.register_consumer_at($1::text, $2::text, $3::int8)", [queue, consumer, tick]);
}

export async function removeConsumer(db: Queryable, { queue, consumer }: CascadeConsumer): Promise<void> {
  await db.query("select pgq.unregister_consumer($1::text, $2::text)", [queue, consumer]);
}

/**
 * Whether a process works for a consumer on its own node: it has a session there, known by application_name as all
 * programs set it, or holds the lock that ours take for each batch. One that has neither reads its state before it does
 * anything else.
 */
export async function hasLiveProcess(db: Connection, { queue, consumer }: CascadeConsumer): Promise<boolean> {
  const { found } = await db.one<{ found: boolean }>(
    `select exists (select from pg_stat_activity
                     where datname = current_database() and application_name = $2::name::text
                       and pid <> pg_backend_pid())
            or not pg_try_advisory_xact_lock(7366514, hashtext($1::text || '/' || $2::text)) as found`,
    [queue, consumer],
  );
  return found;
}
