import type pg from "pg";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { advisoryWaiters } from "../harness/sessions.ts";
import { until } from "../harness/until.ts";
import { createEagerQueue, insertEvent } from "./consuming.ts";
import { type DebianDatabase, type DebianServer, allSchemas, startDebianServer } from "./debian.ts";
import { startPgqd } from "./pgqd.ts";
import { cleanUpPrograms } from "./program.ts";
import { produce, registerRecorder, seenEvents, startRecorder } from "./python-consumer.ts";

let server: DebianServer;

beforeAll(async () => {
  server = await startDebianServer();
});
afterEach(cleanUpPrograms);
afterAll(() => server.stop());

// The C extension is the control: what fails there too is a fault of the test.
describe.each(allSchemas)("python3-pgq on %s", (schema) => {
  let database: DebianDatabase;
  let client: pg.Client;

  beforeAll(async () => {
    database = await server.createDatabase(schema);
    client = await database.connect();
  });

  test.each([
    { way: "through a cursor", queue: "by_cursor", keys: {} },
    { way: "as a list", queue: "by_list", keys: { pgq_lazy_fetch: "0" } },
    { way: "in autocommit mode", queue: "by_autocommit", keys: { pgq_lazy_fetch: "0", pgq_autocommit: "1" } },
    { way: "in collected batches", queue: "by_collecting", keys: { pgq_batch_collect_events: "700" } },
  ])("a consumer that reads $way sees each event once, in order", async ({ queue, keys }) => {
    await createEagerQueue(client, queue, "bystander");
    const ini = await registerRecorder(database, queue, keys);
    await client.query("select pgq.insert_event($1, 't', n::text) from generate_series(1, 1000) n", [queue]);
    const pgqd = startPgqd(server.cluster, [database.name]);
    const recorder = startRecorder(ini);

    await until(async () => (await seenEvents(client)).length >= 1000);
    await recorder.stop("SIGTERM");
    const complaints = await pgqd.stop();

    expect((await seenEvents(client)).map((event) => event.ev_data)).toEqual(numbers(1, 1000));
    expect(complaints).toEqual([]);
  });

  test("an event that the consumer puts aside comes back to it", async () => {
    await createEagerQueue(client, "put_aside", "bystander");
    const ini = await registerRecorder(database, "put_aside");
    await insertEvent(client, "put_aside", "later", "again");
    await insertEvent(client, "put_aside", "now");
    const pgqd = startPgqd(server.cluster, [database.name]);
    const recorder = startRecorder(ini);

    await until(async () => (await seenEvents(client)).length >= 2);
    await recorder.stop("SIGTERM");
    const complaints = await pgqd.stop();

    expect(await seenEvents(client)).toMatchObject([
      { ev_data: "now", ev_retry: null },
      { ev_data: "later", ev_retry: 1 },
    ]);
    expect(complaints).toEqual([]);
  });

  test("a consumer that is killed within a batch gets the whole batch again and sees nothing twice", async () => {
    await createEagerQueue(client, "killed", "bystander");
    const ini = await registerRecorder(database, "killed");
    await client.query("select pgq.insert_event('killed', 't', n::text) from generate_series(1, 500) n");
    await insertEvent(client, "killed", "501", "wait");
    await client.query("select pgq.insert_event('killed', 't', n::text) from generate_series(502, 1000) n");
    const pgqd = startPgqd(server.cluster, [database.name]);
    const blocker = await database.connect();
    await blocker.query("select pg_advisory_lock(1)");

    const first = startRecorder(ini);
    await until(() => isSomebodyWaiting(client), { what: "the consumer in the middle of the batch" });
    await first.stop("SIGKILL");
    await blocker.query("select pg_advisory_unlock(1)");
    const second = startRecorder(ini);
    await until(async () => (await seenEvents(client)).length >= 1000);
    await second.stop("SIGTERM");
    await pgqd.stop();

    expect((await seenEvents(client)).map((event) => event.ev_data)).toEqual(numbers(1, 1000));
  });

  test("its producers write events, and what they roll back is never seen", async () => {
    await createEagerQueue(client, "produced", "bystander");
    const ini = await registerRecorder(database, "produced");
    await produce(database, "produced");
    await insertEvent(client, "produced", "the end");
    const pgqd = startPgqd(server.cluster, [database.name]);
    const recorder = startRecorder(ini);

    await until(async () => (await seenEvents(client)).length >= 5);
    await recorder.stop("SIGTERM");
    await pgqd.stop();

    expect(await seenEvents(client)).toMatchObject([
      { ev_type: "single", ev_data: "a single event", ev_extra1: "extra one" },
      { ev_type: "bulk", ev_data: "tab\tnewline\nbackslash \\ 0", ev_extra1: null },
      { ev_type: "bulk", ev_data: "tab\tnewline\nbackslash \\ 1", ev_extra1: null },
      { ev_type: "bulk", ev_data: "tab\tnewline\nbackslash \\ 2", ev_extra1: null },
      { ev_type: "t", ev_data: "the end" },
    ]);
  });
});

const numbers = (from: number, to: number): string[] =>
  Array.from({ length: to - from + 1 }, (_, n) => String(from + n));

const isSomebodyWaiting = async (client: pg.Client): Promise<boolean> => (await advisoryWaiters(client)).length === 1;
