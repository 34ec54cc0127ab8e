// Queues for the tests of consumers, which tick themselves.
import type pg from "pg";

export interface TestQueue {
  readonly name: string;
  readonly number: number;
}

let counter = 0;

export async function addQueue(client: pg.Client): Promise<TestQueue> {
  const number = (counter += 1);
  const name = `consumed_${number}`;
  await client.query("select pgq.create_queue($1)", [name]);
  return { name, number };
}

/** Events {"n":0}, {"n":1}, … in one statement. */
export async function insertEvents(client: pg.Client, { name }: TestQueue, count: number): Promise<void> {
  await client.query(
    `select pgq.insert_event($1, 'number', '{"n":' || n || '}') from generate_series(0, $2::int - 1) n`,
    [name, count],
  );
}

/** One tick now. */
export async function tick(client: pg.Client, { name }: TestQueue): Promise<void> {
  await client.query("select pgq.force_tick($1)", [name]);
  await client.query("select pgq.ticker($1)", [name]);
}
