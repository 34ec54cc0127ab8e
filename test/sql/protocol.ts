// Small verbs for the protocol tests: a tick now, a rotation now, everything a consumer is given.
import type pg from "pg";
import { until } from "../harness/until.ts";

export const ISOLATION_LEVELS = ["read committed", "repeatable read", "serializable"] as const;

/** First column of the first row. */
export async function value<T>(client: pg.Client, sql: string, parameters: unknown[] = []): Promise<T> {
  const { rows } = await client.query<[T]>({ text: sql, values: parameters, rowMode: "array" });
  return rows[0]![0];
}

export async function createQueue(client: pg.Client, queue: string, consumer?: string): Promise<void> {
  await client.query("select pgq.create_queue($1)", [queue]);
  if (consumer !== undefined) await client.query("select pgq.register_consumer($1, $2)", [queue, consumer]);
}

export async function insert(client: pg.Client, queue: string, data: string): Promise<void> {
  await client.query("select pgq.insert_event($1, 'test', $2)", [queue, data]);
}

/** Makes a tick, whether the ticker thinks it is due or not. */
export async function tick(client: pg.Client, queue: string): Promise<string> {
  await client.query("select pgq.force_tick($1)", [queue]);
  return value<string>(client, "select pgq.ticker($1)", [queue]);
}

export async function makeRotationDue(client: pg.Client, queue: string): Promise<void> {
  await client.query(
    "update pgq.queue set queue_switch_time = queue_switch_time - interval '1 day' where queue_name = $1",
    [queue],
  );
}

export async function rotateStep1(client: pg.Client, queue: string): Promise<void> {
  await makeRotationDue(client, queue);
  await client.query("select pgq.maint_rotate_tables_step1($1)", [queue]);
}

export async function rotateStep2(client: pg.Client): Promise<void> {
  await client.query("select pgq.maint_rotate_tables_step2()");
}

export async function currentTable(client: pg.Client, queue: string): Promise<number> {
  return value<number>(client, "select queue_cur_table from pgq.queue where queue_name = $1", [queue]);
}

/** Rotates and says whether the table changed. */
export async function rotate(client: pg.Client, queue: string): Promise<boolean> {
  const before = await currentTable(client, queue);
  await rotateStep1(client, queue);
  await rotateStep2(client);
  return (await currentTable(client, queue)) !== before;
}

export async function nextBatch(client: pg.Client, queue: string, consumer: string): Promise<string | null> {
  return value<string | null>(client, "select pgq.next_batch($1, $2)", [queue, consumer]);
}

export async function batchData(client: pg.Client, batchId: string): Promise<string[]> {
  const { rows } = await client.query<{ ev_data: string }>("select ev_data from pgq.get_batch_events($1)", [batchId]);
  return rows.map((row) => row.ev_data);
}

export async function finish(client: pg.Client, batchId: string): Promise<number> {
  return value<number>(client, "select pgq.finish_batch($1)", [batchId]);
}

/** Data of all events up to the newest tick, batch after batch, each batch finished. */
export async function takeAll(client: pg.Client, queue: string, consumer: string): Promise<string[]> {
  const data: string[] = [];
  for (;;) {
    const batchId = await nextBatch(client, queue, consumer);
    if (batchId === null) return data;
    data.push(...(await batchData(client, batchId)));
    await finish(client, batchId);
  }
}

/** Ticks, so that everything committed is in a batch, and takes it all. */
export async function tickAndTakeAll(client: pg.Client, queue: string, consumer: string): Promise<string[]> {
  await tick(client, queue);
  return takeAll(client, queue, consumer);
}

/** Brings the consumer's position and the ticks past everything, so that nothing holds back a rotation. */
export async function rotateWithConsumer(client: pg.Client, queue: string, consumer: string): Promise<void> {
  await tickAndTakeAll(client, queue, consumer);
  if (!(await rotate(client, queue))) throw new Error("the rotation was held back");
  await tickAndTakeAll(client, queue, consumer);
}

export async function backendPid(client: pg.Client): Promise<number> {
  return value<number>(client, "select pg_backend_pid()");
}

/** Resolves once that session waits for a lock. */
export async function waitsForLock(watcher: pg.Client, pid: number): Promise<void> {
  await until(
    () => value<boolean>(watcher, "select exists (select from pg_locks where pid = $1 and not granted)", [pid]),
    { what: `session ${pid} waiting for a lock` },
  );
}

/** Uses up transaction ids. */
export async function burnTransactionIds(client: pg.Client, count: number): Promise<void> {
  await client.query(`do $$ begin for i in 1..${count} loop perform txid_current(); commit; end loop; end $$`);
}

/** The SQLSTATE of a failed statement, or "ok". */
export async function outcome(work: Promise<unknown>): Promise<string> {
  try {
    await work;
    return "ok";
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
}
