// Numbers of queues and consumers for monitoring. Only the information functions of old, so it works with the C extension too.
import type { Executor } from "../database.ts";

export interface QueueGauges {
  readonly queue: string;
  /** Null: of the queue itself. */
  readonly consumer: string | null;
  /** Queue: age of the newest tick. Consumer: age of the tick that it has done. */
  readonly lagSeconds: number | null;
  /** Queue: events after the newest tick. Consumer: events between its tick and the newest one. */
  readonly waitingEvents: number | null;
  /** Queue only: over the last minutes, as pgq.get_queue_info tells. */
  readonly eventsPerSecond: number | null;
  /** Consumer only: since it asked for or finished a batch. */
  readonly lastSeenSeconds: number | null;
}

/** At most `limit` rows, queues first. */
export async function readQueueGauges(db: Executor, limit: number): Promise<QueueGauges[]> {
  return await db.query<QueueGauges>(
    `select x.*
       from (select queue_name::text as queue, null::text as consumer,
                    extract(epoch from ticker_lag)::float8 as "lagSeconds", ev_new::float8 as "waitingEvents",
                    ev_per_sec::float8 as "eventsPerSecond", null::float8 as "lastSeenSeconds"
               from pgq.get_queue_info()
             union all
             select queue_name::text, consumer_name::text, extract(epoch from lag)::float8, pending_events::float8,
                    null, extract(epoch from last_seen)::float8
               from pgq.get_consumer_info()) x
      order by x.consumer is not null, x.queue, x.consumer
      limit $1::text::bigint`,
    [String(limit)],
  );
}
