// One event by hand. Programs use the producer.
import type { Executor } from "../database.ts";
import type { NewEvent } from "../event.ts";
import { requireQueue } from "../inspect/require.ts";
import { type QueueName, queueNameOf } from "../queue-name.ts";

/** @returns id of the event @throws QUEUE_UNKNOWN */
export async function insertOneEvent(db: Executor, queue: QueueName, event: NewEvent): Promise<bigint> {
  const name = queueNameOf(queue);
  await requireQueue(db, name);
  const { type, data = null, extra1 = null, extra2 = null, extra3 = null, extra4 = null } = event;
  const [row] = await db.query<{ id: string }>(
    `select pgq.insert_event($1::text, $2::text, $3::text, $4::text, $5::text, $6::text, $7::text)::text as id`,
    [name, type, data, extra1, extra2, extra3, extra4],
  );
  return BigInt(row?.id ?? 0);
}
