// A consumer in plain SQL, for tests that look at what the old daemon makes available.
import type pg from "pg";

export interface ReadEvent {
  readonly batch_id: string;
  readonly ev_id: string;
  readonly ev_retry: number | null;
  readonly ev_type: string;
  readonly ev_data: string;
}

/** The events of the next batch, which stays open; null when no batch is ready. */
export async function openBatch(client: pg.Client, queue: string, consumer: string): Promise<ReadEvent[] | null> {
  const { rows } = await client.query<{ batch_id: string | null }>("select pgq.next_batch($1, $2) as batch_id", [
    queue,
    consumer,
  ]);
  const batchId = rows[0]!.batch_id;
  if (batchId === null) return null;
  const events = await client.query<ReadEvent>(
    "select $1::bigint as batch_id, ev_id, ev_retry, ev_type, ev_data from pgq.get_batch_events($1)",
    [batchId],
  );
  if (events.rows.length === 0) await finishBatch(client, batchId);
  return events.rows;
}

export async function finishBatch(client: pg.Client, batchId: string): Promise<void> {
  await client.query("select pgq.finish_batch($1)", [batchId]);
}

/** Reads and finishes one batch; no events when there is none. */
export async function readBatch(client: pg.Client, queue: string, consumer: string): Promise<readonly ReadEvent[]> {
  const events = (await openBatch(client, queue, consumer)) ?? [];
  if (events.length > 0) await finishBatch(client, events[0]!.batch_id);
  return events;
}

/** A queue that ticks as soon as there is an event, with the consumer registered. */
export async function createEagerQueue(client: pg.Client, queue: string, consumer: string): Promise<void> {
  await client.query("select pgq.create_queue($1)", [queue]);
  await client.query("select pgq.set_queue_config($1, 'ticker_max_lag', '0')", [queue]);
  await client.query("select pgq.register_consumer($1, $2)", [queue, consumer]);
}

export async function insertEvent(client: pg.Client, queue: string, data: string, type = "t"): Promise<void> {
  await client.query("select pgq.insert_event($1, $2, $3)", [queue, type, data]);
}
