// Producers and consumers of every kind behind PgBouncer in transaction mode: nothing they do needs a session of its own.
import pg from "pg";
import postgres from "postgres";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  type ConsumerOptions,
  createConsumer,
  type DatabaseSource,
  file,
  remote,
  send,
  sendMany,
  serial,
} from "../../src/pgq/public.ts";
import { majors, serverUrl, type TestDatabase } from "../harness/database.ts";
import { type PgBouncer, startPgBouncer } from "../harness/pgbouncer.ts";
import { createSchemaTemplate } from "../harness/schema-template.ts";
import { temporaryFolder } from "../harness/temporary-folder.ts";
import { until } from "../harness/until.ts";

const major = Math.max(...majors());
const PATIENCE = { timeoutMs: 60_000 };
const BATCHES = 6;
const EVENTS = 40;

let db: TestDatabase;
let client: pg.Client;
let bouncer: PgBouncer;
let counter = 0;

beforeAll(async () => {
  db = await createSchemaTemplate(major, "pgq_template", ["pgq_coop", "pgq_ext"]);
  client = await db.connect();
  await client.query("create table done (queue text, n int)");
  bouncer = await startPgBouncer(serverUrl(major));
});
afterAll(async () => {
  await bouncer[Symbol.asyncDispose]();
  await db.drop();
});

async function newQueue(): Promise<{ queue: string; tick: () => Promise<unknown> }> {
  const queue = `pooled_${(counter += 1)}`;
  await client.query("select pgq.create_queue($1)", [queue]);
  return {
    queue,
    tick: () => client.query("select pgq.force_tick($1), pgq.ticker($1)", [queue]),
  };
}

function pool(): { source: pg.Pool; close: () => Promise<void> } {
  const source = new pg.Pool({ connectionString: bouncer.url(db.name), max: 4 });
  return { source, close: () => source.end() };
}

function postgresJs(): { source: postgres.Sql; close: () => Promise<void> } {
  const source = postgres(bouncer.url(db.name), { max: 4, prepare: false });
  return { source, close: () => source.end({ timeout: 1 }) };
}

const drivers: readonly (readonly [string, () => { source: DatabaseSource; close: () => Promise<void> }])[] = [
  ["a pool of pg", pool],
  ["postgres.js", postgresJs],
  ["a connection string", () => ({ source: bouncer.url(db.name), close: () => Promise.resolve() })],
];

interface Crew {
  readonly workers: readonly Partial<ConsumerOptions<string>>[];
  readonly close?: () => void;
}

const classes: readonly (readonly [string, () => Crew])[] = [
  ["in the same database", () => ({ workers: [{}] })],
  ["serial", () => ({ workers: [{ position: serial({ database: bouncer.url(db.name) }), retry: false }] })],
  ["remote", () => ({ workers: [{ position: remote({ database: bouncer.url(db.name) }), retry: false }] })],
  [
    "with a file",
    () => {
      const folder = temporaryFolder();
      const close = (): void => folder[Symbol.dispose]();
      return { workers: [{ position: file(folder.file("position")), retry: false }], close };
    },
  ],
  ["cooperative", () => ({ workers: ["ann", "bob"].map((subconsumer) => ({ cooperative: { subconsumer } })) })],
  [
    "cooperative with order",
    () => ({
      workers: [1, 2].map(() => ({ cooperative: { orderBy: "ev_extra1", partitions: 3 } })),
    }),
  ],
];

test.each(drivers.flatMap(([driver, open]) => classes.map(([name, crew]) => [driver, name, open, crew] as const)))(
  "behind PgBouncer in transaction mode, over %s, a consumer %s gets each event once, and says once that it polls",
  async (_driver, name, open, makeCrew) => {
    const { queue, tick } = await newQueue();
    const { source, close } = open();
    const sending = pool();
    const { workers, close: closeCrew } = makeCrew();
    const consumers = workers.map((options) =>
      createConsumer({ database: source, queue, consumer: "c", pollIntervalMs: 20, ...options }),
    );
    for (const consumer of consumers) await consumer.register();
    const polling: string[] = [];
    const failures: unknown[] = [];
    for (const consumer of consumers) {
      consumer.on("failure", ({ error }) => failures.push(error));
      consumer.on("warning", ({ message }) => {
        if (message.includes("looks for batches every")) polling.push(message);
      });
    }

    const running = consumers.map((consumer) =>
      consumer.run(async (event, tx) => {
        const values = [queue, String((event.payload as { n: number }).n)];
        const insert = "insert into done values ($1::text, $2::text::int)";
        if (name === "with a file") await client.query(insert, values);
        else await tx.query(insert, values);
      }),
    );
    for (let batch = 0; batch < BATCHES; batch += 1) {
      const events = Array.from({ length: EVENTS }, (_, at) => ({
        type: "number",
        payload: { n: batch * EVENTS + at },
        extra1: String(at % 5),
      }));
      await send(sending.source, queue, events[0]!);
      await sendMany(sending.source, queue, events.slice(1));
      await tick();
    }
    const done = await until(async () => {
      const { rows } = await client.query<{ n: number }>("select n from done where queue = $1 order by n", [queue]);
      return rows.length >= BATCHES * EVENTS ? rows.map(({ n }) => n) : null;
    }, PATIENCE);
    await until(() => polling.length >= consumers.length, PATIENCE);
    await Promise.all(consumers.map((consumer) => consumer.stop()));
    await Promise.all(running);
    await Promise.all([close(), sending.close()]);
    closeCrew?.();

    expect(done).toEqual(Array.from({ length: BATCHES * EVENTS }, (_, n) => n));
    expect(polling).toHaveLength(consumers.length);
    expect(failures).toEqual([]);
  },
);

test("postgres.js without prepared statements sends behind PgBouncer, also in a transaction", async () => {
  const { queue, tick } = await newQueue();
  await client.query("select pgq.register_consumer($1, 'reader')", [queue]);
  const { source, close } = postgresJs();

  await source.begin(async (tx) => {
    await send(tx, queue, { type: "number", payload: { n: 1 } });
    await sendMany(tx, queue, [{ type: "number", payload: { n: 2 } }]);
  });
  await Promise.all(
    Array.from({ length: 10 }, (_, n) => send(source, queue, { type: "number", payload: { n: n + 3 } })),
  );
  await close();
  await tick();

  const { rows } = await client.query<{ batch: string }>("select pgq.next_batch($1, 'reader') as batch", [queue]);
  const events = await client.query("select from pgq.get_batch_events($1)", [rows[0]!.batch]);
  expect(events.rowCount).toBe(12);
});
