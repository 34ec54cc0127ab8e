// The consumer over every driver that it takes, on a real server. The tests tick themselves.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import pg from "pg";
import postgres from "postgres";
import { createConsumer, type DatabaseSource, defineQueue, send } from "../../src/pgq/public.ts";
import { createDatabase, type TestDatabase } from "../harness/database.ts";
import { until } from "../harness/until.ts";
import { addQueue, insertEvents, tick, type TestQueue } from "../harness/consumer-queue.ts";
import { endMajors } from "../harness/major-pairs.ts";

interface Driver {
  readonly name: string;
  readonly open: (url: string) => { readonly source: DatabaseSource; readonly close: () => Promise<void> };
}

const drivers: Driver[] = [
  {
    name: "a pool of pg",
    open(url) {
      const source = new pg.Pool({ connectionString: url, max: 2 });
      return { source, close: () => source.end() };
    },
  },
  {
    name: "postgres.js",
    open(url) {
      const source = postgres(url, { max: 2 });
      return { source, close: () => source.end() };
    },
  },
  { name: "a connection string", open: (url) => ({ source: url, close: () => Promise.resolve() }) },
];

describe.each(endMajors())("PostgreSQL %i", (major) => {
  let db: TestDatabase;
  let client: pg.Client;
  beforeAll(async () => {
    db = await createDatabase(major);
    client = await db.connect();
  });
  afterAll(() => db.drop());

  describe.each(drivers)("over $name", ({ open }) => {
    let queue: TestQueue;
    let opened: ReturnType<Driver["open"]>;
    beforeAll(async () => {
      queue = await addQueue(client);
      opened = open(db.url);
    });
    afterAll(() => opened.close());

    const consumer = (name: string) =>
      createConsumer({ database: opened.source, queue: queue.name, consumer: name, pollIntervalMs: 20, fetchSize: 3 });

    test("a handler gets the events in order, once, until it is stopped", async () => {
      const reader = consumer("handler");
      await reader.register();
      await insertEvents(client, queue, 10);
      await tick(client, queue);
      const seen: unknown[] = [];

      const running = reader.run((event) => void seen.push(event.payload));
      await until(() => seen.length >= 10);
      await insertEvents(client, queue, 2);
      await tick(client, queue);
      await until(() => seen.length >= 12);
      await reader.stop();
      await running;

      expect(seen).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1].map((n) => ({ n })));
    });

    test("the loop over batches acknowledges what was read to the end", async () => {
      const reader = consumer("loop");
      await reader.register();
      await insertEvents(client, queue, 7);
      await tick(client, queue);
      const sizes: number[] = [];

      for await (const batch of reader.batches()) {
        let count = 0;
        for await (const event of batch) count += event.retries + 1;
        sizes.push(count);
        await batch.ack();
        break;
      }

      const { rows } = await client.query("select current_batch from pgq.get_consumer_info($1, $2)", [
        queue.name,
        "loop",
      ]);
      expect(sizes).toEqual([7]);
      expect(rows).toEqual([{ current_batch: null }]);
    });

    test("what the handler writes through tx is gone when the batch is rolled back, and there once in the end", async () => {
      const reader = consumer("writer");
      await reader.register();
      await client.query(`create table if not exists done_${queue.number} (n int)`);
      await client.query(`truncate done_${queue.number}`);
      await insertEvents(client, queue, 5);
      await tick(client, queue);
      let failures = 0;
      reader.on("failure", () => (failures += 1));
      let finished = 0;
      reader.on("batch", ({ events }) => (finished += events));

      const running = reader.runBatches(async (batch, tx) => {
        for await (const event of batch) {
          const { n } = event.payload as { n: number };
          await tx!.query(`insert into done_${queue.number} values ($1::text::int)`, [String(n)]);
          if (n === 3 && failures === 0) throw new Error("no");
        }
      });
      await until(() => finished >= 5);
      await reader.stop();
      await running;

      const { rows } = await client.query<{ n: number }>(`select n from done_${queue.number} order by 1`);
      expect(failures).toBe(1);
      expect(rows.map(({ n }) => n)).toEqual([0, 1, 2, 3, 4]);
    });

    test("an event that fails is set aside alone, with what its handler wrote taken back", async () => {
      const reader = consumer("retrier");
      await reader.register();
      await client.query(`create table if not exists single_${queue.number} (n int primary key)`);
      await insertEvents(client, queue, 6);
      await tick(client, queue);
      const outcomes: string[] = [];
      reader.on("eventFailure", ({ outcome }) => outcomes.push(outcome));
      let finished = 0;
      reader.on("batch", ({ events }) => (finished += events));

      const running = reader.run(async (event, tx) => {
        const { n } = event.payload as { n: number };
        await tx.query(`insert into single_${queue.number} values ($1::text::int)`, [String(n)]);
        if (n === 2) throw new Error("not this one");
        if (n === 4) await tx.query("select 1 / 0");
      });
      await until(() => finished >= 6);
      await reader.stop();
      await running;

      const done = await client.query<{ n: number }>(`select n from single_${queue.number} order by 1`);
      const aside = await client.query<{ ev_data: string }>(
        "select ev_data from pgq.retry_queue join pgq.queue on queue_id = ev_queue where queue_name = $1 order by ev_id",
        [queue.name],
      );
      expect(outcomes).toEqual(["retry", "retry"]);
      expect(done.rows.map(({ n }) => n)).toEqual([0, 1, 3, 5]);
      expect(aside.rows.map(({ ev_data }) => ev_data)).toEqual(['{"n":2}', '{"n":4}']);
    });

    test("a tick that is notified wakes a consumer whose polls are an hour apart", async () => {
      const reader = createConsumer({
        database: opened.source,
        queue: queue.name,
        consumer: "listener",
        pollIntervalMs: 3_600_000,
      });
      await reader.register();
      const seen: unknown[] = [];
      const running = reader.run((event) => void seen.push(event.id));
      await until(async () => {
        const { rows } = await client.query(
          "select from pg_stat_activity where datname = current_database() and query ilike 'listen%'",
        );
        return rows.length > 0;
      });
      await insertEvents(client, queue, 1);
      await tick(client, queue);
      await until(async () => {
        await client.query("select pg_notify('pgq_tick', $1)", [queue.name]);
        return seen.length > 0;
      });

      await reader.stop();
      await running;

      expect(seen).toHaveLength(1);
    });

    test("events sent by a handler through tx are in the other queue when the batch is done", async () => {
      const target = await addQueue(client);
      const next = defineQueue(target.name);
      const reader = consumer("forwarder");
      await reader.register();
      await insertEvents(client, queue, 3);
      await tick(client, queue);
      let finished = 0;
      reader.on("batch", ({ events }) => (finished += events));

      const running = reader.run((event, tx) => send(tx, next, { type: "copied", payload: event.payload }));
      await until(() => finished >= 3);
      await reader.stop();
      await running;

      const { rows } = await client.query<{ table: string }>("select pgq.current_event_table($1) as table", [
        target.name,
      ]);
      const events = await client.query(`select ev_data from ${rows[0]!.table} order by ev_id`);
      expect(events.rows).toEqual([{ ev_data: '{"n":0}' }, { ev_data: '{"n":1}' }, { ev_data: '{"n":2}' }]);
    });

    test("a handler that goes on after its batch was given up commits nothing", async () => {
      await client.query(`create table if not exists late_${queue.number} (n integer)`);
      const late: Promise<unknown>[] = [];
      const options = { database: opened.source, queue: queue.name, consumer: "late", pollIntervalMs: 20, graceMs: 0 };
      const reader = createConsumer(options);
      await reader.register();
      await insertEvents(client, queue, 1);
      await tick(client, queue);
      const insert = `insert into late_${queue.number} values (1)`;
      let goOn = (): void => undefined;
      const stopped = new Promise<void>((resolve) => (goOn = resolve));
      let isInside = false;

      const running = reader.run(async (_event, tx) => {
        await tx.query(insert);
        isInside = true;
        await stopped;
        late.push(tx.query(insert), tx.query(insert));
        await Promise.allSettled(late);
      });
      await until(() => isInside);
      const stopping = reader.stop();
      await running;
      await stopping;
      goOn();
      await until(() => late.length === 2);
      const outcomes = await Promise.allSettled(late);

      expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
      const { rows } = await client.query(`select n from late_${queue.number}`);
      expect(rows).toEqual([]);
    });
  });
});
