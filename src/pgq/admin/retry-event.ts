// Delivers events once more to one consumer, out of an open batch or not. The role needs pgq_admin.
import { SkytoolsError } from "../../errors/index.ts";
import type { ExecutorSource } from "../drivers/executor-source.ts";
import { toExecutor } from "../drivers/to-executor.ts";
import { findEvent } from "../inspect/find-event.ts";
import { requireConsumer } from "../inspect/require.ts";
import { type QueueName, queueNameOf } from "../queue-name.ts";

/** moved: it waited for a retry, whose time was changed. stored: it was put into the retry queue. */
export type RedeliverOutcome = "moved" | "stored";

const MOVE = `
update pgq.retry_queue r
   set ev_retry_after = pg_catalog.now() + $4::text::interval
  from pgq.queue q, pgq.subscription s, pgq.consumer c
 where q.queue_name = $1::text and c.co_name = $2::text and r.ev_id = $3::text::bigint
   and s.sub_queue = q.queue_id and s.sub_consumer = c.co_id and r.ev_queue = q.queue_id and r.ev_owner = s.sub_id
returning r.ev_id::text as id`;

const STORE = `
select pgq.event_retry_raw($1::text, $2::text, pg_catalog.now() + $3::text::interval, $4::text::bigint,
         $5::text::timestamptz, $6::text::integer, $7::text, $8::text, $9::text, $10::text, $11::text, $12::text)::text as id`;

/**
 * The event comes back to that consumer alone, with its id and a retry count one higher, after `delayMs` and as soon
 * as the maintenance of a ticker has run. One that waits for its retry already has its time changed instead.
 * @throws QUEUE_UNKNOWN, CONSUMER_UNKNOWN, EVENT_UNKNOWN
 */
export async function redeliverEvent(
  source: ExecutorSource,
  queue: QueueName,
  consumer: string,
  id: bigint,
  { delayMs = 0 }: { readonly delayMs?: number } = {},
): Promise<RedeliverOutcome> {
  const db = toExecutor(source);
  const name = queueNameOf(queue);
  const { group } = await requireConsumer(db, name, consumer);
  const owner = group ?? consumer;
  const delay = `${delayMs} milliseconds`;
  const moved = await db.query(MOVE, [name, owner, id.toString(), delay]);
  if (moved.length > 0) return "moved";

  const found = await findEvent(db, name, id);
  const own = found.findLast(({ deliveries }) =>
    deliveries.some((d) => d.consumer === owner && d.state !== "not-for-it"),
  );
  if (own === undefined) {
    throw new SkytoolsError("EVENT_UNKNOWN", `event ${id} of queue ${name} is a retry of another consumer`, {
      hint: `skytools event show ${name} ${id}`,
    });
  }
  const { time, retry, type, data, extra1, extra2, extra3, extra4 } = own.event;
  const count = String((retry ?? 0) + 1);
  const values = [type, data, extra1, extra2, extra3, extra4];
  await db.query(STORE, [name, owner, delay, id.toString(), time, count, ...values]);
  return "stored";
}
