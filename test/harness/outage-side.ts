// A consumer of some driver at work, for tests that make trouble: every event is written to a table through tx, beside an
// update of a row that all batches update, so that a transaction that stays open would hold up the next one.
import pg from "pg";
import postgres from "postgres";
import { type Consumer, createConsumer, type ConsumerOptions, type DatabaseSource } from "../../src/pgq/public.ts";
import { addQueue, insertEvents, tick } from "./consumer-queue.ts";

export interface OpenSource {
  readonly source: DatabaseSource;
  /** Does not wait for what hangs. */
  readonly close: () => void;
}

export interface SourceKind {
  readonly name: string;
  readonly open: (url: string) => OpenSource;
}

/** The kinds of database that a consumer takes. None of them has a listener for errors. */
export const sourceKinds: readonly SourceKind[] = [
  {
    name: "a pool of pg",
    open(url) {
      const source = new pg.Pool({ connectionString: url, max: 4 });
      return { source, close: () => void source.end() };
    },
  },
  {
    name: "postgres.js",
    open(url) {
      // fetch_types: a session that is ended during that query of the driver's own would be an unhandled rejection
      const source = postgres(url, { max: 6, backoff: () => 0.1, fetch_types: false });
      return { source, close: () => void source.end({ timeout: 0 }) };
    },
  },
  { name: "a connection string", open: (url) => ({ source: url, close: () => undefined }) },
];

export interface Worker {
  readonly consumer: Consumer<string>;
  /** Of all batches that were finished. */
  finished(): number;
  readonly errors: unknown[];
  /** {"n":0}, {"n":1}, … and a tick. */
  add(count: number): Promise<void>;
  /** What was committed, in its order. */
  done(): Promise<number[]>;
  /** Runs until it is stopped. `during` is called in the handler of each event, before and after it has written. */
  run(during?: (place: "before" | "after") => unknown): Promise<void>;
}

export async function startWorker(
  client: pg.Client,
  source: DatabaseSource,
  options: Partial<ConsumerOptions<string>> = {},
): Promise<Worker> {
  const queue = await addQueue(client);
  const table = `outage_${queue.number}`;
  await client.query(`create table ${table} (id bigserial, n int); create table ${table}_row (hits int);
    insert into ${table}_row values (0)`);
  await client.query("select pgq.register_consumer($1, 'c')", [queue.name]);
  const consumer = createConsumer({
    database: source,
    queue: queue.name,
    consumer: "c",
    pollIntervalMs: 50,
    ...options,
  });
  const errors: unknown[] = [];
  let finished = 0;
  consumer.on("failure", ({ error }) => errors.push(error));
  consumer.on("warning", ({ message }) => errors.push(message));
  consumer.on("batch", ({ events }) => (finished += events));
  return {
    consumer,
    errors,
    finished: () => finished,
    async add(count) {
      await insertEvents(client, queue, count);
      await tick(client, queue);
    },
    async done() {
      const { rows: lines } = await client.query<{ n: number }>(`select n from ${table} order by id`);
      return lines.map(({ n }) => n);
    },
    run: (during = () => undefined) =>
      consumer.run(async (event, tx) => {
        await during("before");
        await tx.query(`update ${table}_row set hits = hits + 1`);
        await tx.query(`insert into ${table} (n) values ($1::text::int)`, [String((event.payload as { n: number }).n)]);
        await during("after");
      }),
  };
}
