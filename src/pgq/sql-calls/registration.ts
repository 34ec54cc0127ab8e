// Registering, unregistering and moving a consumer, and finding the tick to move it to.
import type { Executor } from "../database.ts";

/** At the newest tick. @returns true if it was not registered */
export async function registerConsumer(db: Executor, queue: string, consumer: string): Promise<boolean> {
  const [row] = await db.query<{ done: number }>("select pgq.register_consumer($1::text, $2::text) as done", [
    queue,
    consumer,
  ]);
  return row?.done === 1;
}

/** At a tick; moves a consumer that is registered and drops its open batch. @returns true if it was not registered */
export async function registerConsumerAt(
  db: Executor,
  queue: string,
  consumer: string,
  tickId: bigint,
): Promise<boolean> {
  const [row] = await db.query<{ done: number }>(
    "select pgq.register_consumer_at($1::text, $2::text, $3::text::int8) as done",
    [queue, consumer, String(tickId)],
  );
  return row?.done === 1;
}

/** @returns true if it was registered */
export async function unregisterConsumer(db: Executor, queue: string, consumer: string): Promise<boolean> {
  const [row] = await db.query<{ done: number }>("select pgq.unregister_consumer($1::text, $2::text) as done", [
    queue,
    consumer,
  ]);
  return (row?.done ?? 0) > 0;
}

export interface QueueTick {
  readonly tickId: bigint;
  /** timestamptz as the server writes it. */
  readonly tickTime: string;
}

const TICKS = `from pgq.tick t join pgq.queue q on q.queue_id = t.tick_queue where q.queue_name = $1::text`;
const FIELDS = "t.tick_id::text as tick, t.tick_time::text as ticktime";

/**
 * The oldest tick that is kept, the newest, the one with that id, or the last one before a time (any form that
 * timestamptz reads): all later events come after it. null: there is none.
 */
export async function findTick(
  db: Executor,
  queue: string,
  at: "first" | "last" | { readonly tick: bigint } | { readonly time: string },
): Promise<QueueTick | null> {
  const [row] = await db.query<{ tick: string; ticktime: string }>(...tickQuery(queue, at));
  return row === undefined ? null : { tickId: BigInt(row.tick), tickTime: row.ticktime };
}

function tickQuery(queue: string, at: Parameters<typeof findTick>[2]): [string, string[]] {
  if (at === "first") return [`select ${FIELDS} ${TICKS} order by t.tick_queue, t.tick_id limit 1`, [queue]];
  if (at === "last") return [`select ${FIELDS} ${TICKS} order by t.tick_queue desc, t.tick_id desc limit 1`, [queue]];
  if ("tick" in at) return [`select ${FIELDS} ${TICKS} and t.tick_id = $2::text::int8`, [queue, String(at.tick)]];
  return [
    `select ${FIELDS} ${TICKS} and t.tick_time <= $2::text::timestamptz order by t.tick_id desc limit 1`,
    [queue, at.time],
  ];
}
