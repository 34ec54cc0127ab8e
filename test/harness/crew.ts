// Queues and workers for tests of pgq_coop.
import type pg from "pg";
import { value } from "./sessions.ts";

export interface Worker {
  readonly queue: string;
  readonly consumer: string;
  readonly name: string;
}

/** A queue on which every call of pgq.ticker makes a tick. */
export async function createQueue(client: pg.Client, queue: string): Promise<void> {
  await client.query("select pgq.create_queue($1)", [queue]);
  await client.query("select pgq.set_queue_config($1, 'ticker_max_lag', '0')", [queue]);
  await client.query("select pgq.set_queue_config($1, 'ticker_idle_period', '0')", [queue]);
}

/** One event and the tick after it. */
export async function addBatch(client: pg.Client, queue: string, data: string): Promise<void> {
  await client.query("select pgq.insert_event($1, 'job', $2)", [queue, data]);
  await client.query("select pgq.ticker($1)", [queue]);
}

export async function register(client: pg.Client, worker: Worker): Promise<void> {
  await client.query("select pgq_coop.register_subconsumer($1, $2, $3)", names(worker));
}

export async function nextBatch(client: pg.Client, worker: Worker, deadInterval?: string): Promise<string | null> {
  const sql =
    deadInterval === undefined
      ? "select pgq_coop.next_batch($1, $2, $3)"
      : "select pgq_coop.next_batch($1, $2, $3, $4)";
  const params = deadInterval === undefined ? names(worker) : [...names(worker), deadInterval];
  return (await value<string | null>(client, sql, params)) ?? null;
}

/** Finishes a batch in the name of a worker. */
export async function finishBatch(client: pg.Client, worker: Worker, batchId: string | null): Promise<number> {
  return (await value<number>(client, "select pgq_coop.finish_batch($1, $2, $3, $4)", [batchId, ...names(worker)]))!;
}

export async function heartbeat(client: pg.Client, worker: Worker, batchId: string | null = null): Promise<number> {
  return (await value<number>(client, "select pgq_coop.heartbeat($1, $2, $3, $4)", [...names(worker), batchId]))!;
}

/** Lets the worker's last sign of life be so long ago. */
export async function silence(client: pg.Client, worker: Worker, ago: string): Promise<void> {
  await client.query(
    `update pgq.subscription set sub_active = now() - $2::interval
      where sub_consumer = (select co_id from pgq.consumer where co_name = $1)`,
    [subscriptionName(worker), ago],
  );
}

/** Name of the worker that has the batch open; null if nobody has. */
export async function batchOwner(client: pg.Client, batchId: string | null): Promise<string | null> {
  const sql = "select co_name from pgq.subscription join pgq.consumer on co_id = sub_consumer where sub_batch = $1";
  return (await value<string>(client, sql, [batchId])) ?? null;
}

export async function isRegistered(client: pg.Client, worker: Worker): Promise<boolean> {
  const sql = "select exists (select from pgq.get_consumer_info($1, $2))";
  return (await value<boolean>(client, sql, [worker.queue, subscriptionName(worker)]))!;
}

/** Data of the batch's events. */
export async function batchData(client: pg.Client, batchId: string | null): Promise<readonly string[]> {
  const { rows } = await client.query<{ ev_data: string }>("select ev_data from pgq.get_batch_events($1)", [batchId]);
  return rows.map((row) => row.ev_data);
}

export function subscriptionName({ consumer, name }: Worker): string {
  return `${consumer}.${name}`;
}

function names({ queue, consumer, name }: Worker): string[] {
  return [queue, consumer, name];
}
