// A database with a queue for each test of consumers, which tick themselves.
import pg from "pg";
import { type Consumer, createConsumer, type ConsumerOptions } from "../../src/pgq/public.ts";
import { addQueue, insertEvents, tick, type TestQueue } from "./consumer-queue.ts";
import { createDatabase, type TestDatabase } from "./database.ts";

export type Options = Partial<ConsumerOptions<string>>;

export interface ConsumerSide extends AsyncDisposable {
  readonly db: TestDatabase;
  /** A session for looking around. */
  readonly client: pg.Client;
  readonly pool: pg.Pool;
  /** A new queue with the consumer "c", which is registered; polls every 20 ms. */
  readonly open: (options?: Options) => Promise<Opened>;
}

export interface Opened {
  readonly queue: TestQueue;
  readonly consumer: Consumer<string>;
  /** Another object for the same consumer. */
  readonly again: (options?: Options) => Consumer<string>;
  /** {"n":0}, {"n":1}, … and a tick. */
  readonly add: (count: number) => Promise<void>;
  /** Where it stands and whether a batch is open. */
  readonly position: () => Promise<{ tick: number; batch: number | null }>;
}

export async function createConsumerSide(major: number): Promise<ConsumerSide> {
  const db = await createDatabase(major);
  const client = await db.connect();
  const pool = new pg.Pool({ connectionString: db.url, max: 4 });
  pool.on("error", () => undefined);
  return {
    db,
    client,
    pool,
    async open(options = {}) {
      const queue = await addQueue(client);
      const again = (other: Options = {}): Consumer<string> =>
        createConsumer({
          database: pool,
          queue: queue.name,
          consumer: "c",
          pollIntervalMs: 20,
          listen: false,
          ...options,
          ...other,
        });
      const consumer = again();
      await again().register();
      return {
        queue,
        consumer,
        again,
        async add(count) {
          await insertEvents(client, queue, count);
          await tick(client, queue);
        },
        async position() {
          const { rows } = await client.query<{ tick: number; batch: number | null }>(
            `select sub_last_tick::int4 as tick, sub_batch::int4 as batch from pgq.subscription
               join pgq.queue on queue_id = sub_queue where queue_name = $1`,
            [queue.name],
          );
          return rows[0]!;
        },
      };
    },
    async [Symbol.asyncDispose]() {
      await pool.end();
      await db.drop();
    },
  };
}

/** The n of {"n":…}. */
export function numberOf(event: { readonly payload: unknown }): number {
  return (event.payload as { n: number }).n;
}
