// What both forms of PgQ share: making, filling and ticking a queue by plain SQL.
import type pg from "pg";

export const QUEUE = "bench";
export const CONSUMER = "reader";

export async function resetQueue(client: pg.Client): Promise<void> {
  await client.query("select pgq.drop_queue($1, true) from pgq.queue where queue_name = $1", [QUEUE]);
  await client.query("select pgq.create_queue($1)", [QUEUE]);
  await client.query("select pgq.register_consumer($1, $2)", [QUEUE, CONSUMER]);
}

/** The events of each tick are one INSERT into the event table, which the rotation protocol permits. */
export async function fillQueue(client: pg.Client, data: string, events: number, perTick: number): Promise<void> {
  for (let done = 0; done < events; done += perTick) {
    await client.query("begin");
    const { rows } = await client.query<{ name: string }>("select pgq.current_event_table($1) as name", [QUEUE]);
    await client.query(
      `insert into ${rows[0]!.name} (ev_time, ev_type, ev_data)
       select now(), 'order.paid', $1 from generate_series(1, $2::int)`,
      [data, Math.min(perTick, events - done)],
    );
    await client.query("commit");
    await tickNow(client);
  }
  await client.query("vacuum analyze");
}

export async function tickNow(client: pg.Client): Promise<void> {
  await client.query("select pgq.force_tick($1)", [QUEUE]);
  await client.query("select pgq.ticker($1)", [QUEUE]);
}
