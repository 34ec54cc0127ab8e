// The examples do what their readers will see. They use the built package: `npm run build` comes first.
import type pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createDatabase, majors, type TestDatabase } from "../harness/database.ts";
import { removeExamples, runExample } from "../harness/run-example.ts";
import { storedEvents } from "../harness/stored-events.ts";
import { until } from "../harness/until.ts";
import { startTicker, type Ticker } from "../../src/testing/ticker.ts";

const TICK_INTERVAL_MS = 20;

let database: TestDatabase;
let client: pg.Client;
let ticker: Ticker;

beforeAll(async () => {
  database = await createDatabase(majors().at(-1)!);
  client = await database.connect();
  ticker = startTicker(database.url, TICK_INTERVAL_MS);
});
afterAll(async () => {
  await ticker.stop();
  await database.drop();
  removeExamples();
});

const run = (name: string): Promise<string> => runExample(name, { SKYTOOLS_DB: database.url });

test("plain JavaScript: the first event arrives", async () => {
  expect(await run("first-event.mjs")).toBe("got order:paid { id: '1' }\n");
});

test("TypeScript: the first event arrives", async () => {
  expect(await run("typed-event.mts")).toMatch(/^got order:paid \d+\n$/);
});

test("TypeScript: events arrive with their payloads", async () => {
  expect((await run("typescript/shop.ts")).split("\n")).toEqual([
    "order 1 is paid: 99.90",
    "order 1 is sent in 1 parcels",
    "order 2 is sent in 0 parcels",
    "",
  ]);
});

test("a consumer as a program: with its file it registers, and writes a mail for each paid order", async () => {
  await client.query("select pgq.create_queue('orders')");
  await client.query("create table outbox (sender text, text text)");
  const mailer = (...args: string[]): Promise<string> =>
    runExample("service/mailer.mjs", {}, ["mailer.ini", "--db", database.url, ...args]);
  const mails = async (): Promise<object[]> => {
    const { rows } = await client.query<{ sender: string; text: string }>("select sender, text from outbox");
    return rows;
  };

  await mailer("--register");
  await client.query(`select pgq.insert_event('orders', 'order:paid', '{"id":7}')`);
  await until(async () => {
    await mailer("--loop-delay", "0");
    return (await mails()).length > 0;
  });

  expect(await mails()).toEqual([{ sender: "orders@example.com", text: "order 7 is paid" }]);
  expect(await mailer("--ini")).toContain("#sender = shop@example.com");
});

test.each([
  ["pg", "pg"],
  ["postgres-js", "postgres.js"],
  ["kysely", "Kysely"],
  ["drizzle", "Drizzle"],
  ["knex", "Knex"],
])("producing with %s: the event is there, and the row", async (file, name) => {
  await client.query("create table if not exists orders (id bigint generated always as identity, total numeric)");
  await client.query("select pgq.create_queue('orders')");
  const before = await client.query("select from orders");

  await run(`produce/${file}.ts`);

  expect((await storedEvents(client, "orders")).at(-1)).toMatchObject({
    type: "order:paid",
    data: JSON.stringify({ by: name }),
  });
  expect((await client.query("select from orders")).rowCount).toBe(before.rowCount! + 1);
});
