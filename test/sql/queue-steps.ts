// What the tests of the pgq schema do all the time, as the functions' callers would.
import type pg from "pg";

/** One value of one row. */
export async function value<T>(db: pg.Client, sql: string, params: unknown[] = []): Promise<T> {
  const { rows } = await db.query<T[]>({ text: sql, values: params, rowMode: "array" } as pg.QueryArrayConfig);
  return rows[0]![0]!;
}

/** Makes a queue with one consumer. */
export async function createQueue(db: pg.Client, queue: string, consumer: string): Promise<void> {
  await db.query("select pgq.create_queue($1)", [queue]);
  await db.query("select pgq.register_consumer($1, $2)", [queue, consumer]);
}

/** Makes a tick whether it is due or not. */
export async function tick(db: pg.Client, queue: string): Promise<void> {
  await db.query("select pgq.force_tick($1)", [queue]);
  await db.query("select pgq.ticker($1)", [queue]);
}

/** Makes the rotation due and does both steps. */
export async function rotate(db: pg.Client, queue: string): Promise<void> {
  await db.query("update pgq.queue set queue_switch_time = now() - interval '1 day' where queue_name = $1", [queue]);
  await db.query("select pgq.maint_rotate_tables_step1($1)", [queue]);
  await db.query("select pgq.maint_rotate_tables_step2()");
}

/** Takes all batches that are there and returns the ev_data of their events. */
export async function consume(db: pg.Client, queue: string, consumer: string): Promise<string[]> {
  const seen: string[] = [];
  for (;;) {
    const batch = await value<string | null>(db, "select pgq.next_batch($1, $2)", [queue, consumer]);
    if (batch === null) return seen;
    const { rows } = await db.query<{ ev_data: string }>("select ev_data from pgq.get_batch_events($1)", [batch]);
    seen.push(...rows.map((row) => row.ev_data));
    await db.query("select pgq.finish_batch($1)", [batch]);
  }
}
