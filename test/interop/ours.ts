// Our consumers and producers for tests beside the Python ones. Consumers write what they saw into the
// table `shared`, in the transaction that finishes the batch.
import type pg from "pg";
import { defineQueue, send } from "../../src/pgq/public.ts";
import { type Work, repeat } from "../harness/traffic.ts";
import type { DebianDatabase } from "./debian.ts";

export interface SharedEvent {
  readonly worker: string;
  readonly batch_id: string;
  readonly ev_id: string;
  readonly ev_data: string;
}

export async function createSharedTable(client: pg.Client): Promise<void> {
  await client.query("create table shared (n serial, worker text, batch_id bigint, ev_id bigint, ev_data text)");
}

/** In the order in which they were seen. */
export async function sharedEvents(client: pg.Client): Promise<readonly SharedEvent[]> {
  const { rows } = await client.query<SharedEvent>("select worker, batch_id, ev_id, ev_data from shared order by n");
  return rows;
}

export interface Calls {
  readonly next: string;
  readonly finish: string;
}

export const plain = (queue: string, consumer: string): Calls => ({
  next: `pgq.next_batch('${queue}', '${consumer}')`,
  finish: "pgq.finish_batch($1)",
});

/** dead: interval after which another worker counts as dead. */
export const cooperative = (queue: string, consumer: string, worker: string, dead = "1 hour"): Calls => ({
  next: `pgq_coop.next_batch('${queue}', '${consumer}', '${worker}', '${dead}')`,
  finish: `pgq_coop.finish_batch($1, '${queue}', '${consumer}', '${worker}')`,
});

export async function startConsumer(database: DebianDatabase, { next, finish }: Calls): Promise<Work> {
  const client = await database.connect();
  return repeat(async () => {
    const { rows } = await client.query<{ id: string | null }>(`select ${next} as id`);
    const id = rows[0]!.id;
    if (id === null) {
      await client.query("select pg_sleep(0.02)");
      return;
    }
    await client.query("begin");
    await client.query(
      `insert into shared (worker, batch_id, ev_id, ev_data)
       select 'ours', $1::bigint, ev_id, ev_data from pgq.get_batch_events($1) order by ev_id`,
      [id],
    );
    await client.query(`select ${finish}`, [id]);
    await client.query("commit");
  });
}

/** Events `ours 1` to `ours COUNT`, each in its own transaction. */
export async function produceNumbers(client: pg.Client, queue: string, count: number): Promise<void> {
  for (let n = 1; n <= count; n += 1) {
    await send(client, defineQueue(queue, { format: "text" }), { type: "number", data: `ours ${n}` });
  }
}
