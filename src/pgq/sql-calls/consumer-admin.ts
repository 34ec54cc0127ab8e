// The functions of the schema that register, move and remove consumers, for administration.
import type { Executor } from "../database.ts";

/** `tick` null: at the newest tick. true: registered now; false: it was, and stays where it is unless `tick` is given. */
export async function callRegisterConsumer(
  db: Executor,
  queue: string,
  consumer: string,
  tick: bigint | null,
): Promise<boolean> {
  const [row] = await db.query<{ n: number }>(
    "select pgq.register_consumer_at($1::text, $2::text, $3::text::bigint)::int4 as n",
    [queue, consumer, tick === null ? null : tick.toString()],
  );
  return row?.n === 1;
}

/** @returns number of subscriptions removed */
export async function callUnregisterConsumer(db: Executor, queue: string, consumer: string): Promise<number> {
  const [row] = await db.query<{ n: number }>("select pgq.unregister_consumer($1::text, $2::text)::int4 as n", [
    queue,
    consumer,
  ]);
  return row?.n ?? 0;
}
