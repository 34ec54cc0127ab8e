// Programs of python3-pgq and ours on one queue at the same time, on our schema and on the C extension.
import type pg from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { renderSchema } from "../../src/pgq/index.ts";
import { until } from "../harness/until.ts";
import { createEagerQueue } from "./consuming.ts";
import { type DebianDatabase, type DebianServer, startDebianServer } from "./debian.ts";
import { cooperative, createSharedTable, plain, produceNumbers, sharedEvents, startConsumer } from "./ours.ts";
import { startPgqd } from "./pgqd.ts";
import { cleanUpPrograms } from "./program.ts";
import {
  produceWithPython,
  registerRecorder,
  seenEvents,
  startCoopRecorder,
  startRecorder,
} from "./python-consumer.ts";

const EVENTS = 150;

let server: DebianServer;

beforeAll(async () => {
  server = await startDebianServer();
});
afterEach(cleanUpPrograms);
afterAll(() => server.stop());

describe.each(["our schema", "the C extension"] as const)("python3-pgq beside our programs on %s", (schema) => {
  let database: DebianDatabase;
  let client: pg.Client;

  beforeAll(async () => {
    database = await server.createDatabase(schema);
    client = await database.connect();
    await client.query(renderSchema("pgq_coop"));
    await createSharedTable(client);
  });
  beforeEach(async () => {
    await client.query("truncate shared");
  });

  test("events of both producers reach both consumers, each once and in order", async () => {
    await createEagerQueue(client, "both", "reader");
    const ini = await registerRecorder(database, "both");
    const pgqd = startPgqd(server.cluster, [database.name]);
    const python = startRecorder(ini);
    const ours = await startConsumer(database, plain("both", "reader"));

    await Promise.all([produceWithPython(database, "both", EVENTS), produceNumbers(client, "both", EVENTS)]);
    await until(async () => (await seenEvents(client)).length >= 2 * EVENTS, { what: "all events at Python's" });
    await until(async () => (await sharedEvents(client)).length >= 2 * EVENTS, { what: "all events at ours" });
    await python.stop("SIGTERM");
    await ours.stop();
    const complaints = await pgqd.stop();

    const byPython = (await seenEvents(client)).map((event) => event.ev_data);
    const byOurs = (await sharedEvents(client)).map((event) => event.ev_data);
    expect(byOurs).toEqual(byPython);
    expect(byPython.filter((data) => data.startsWith("python "))).toEqual(numbers("python"));
    expect(byPython.filter((data) => data.startsWith("ours "))).toEqual(numbers("ours"));
    expect(complaints).toEqual([]);
  });

  test("workers of both share one cooperative consumer, and each event goes to one of them", async () => {
    await createEagerQueue(client, "coop", "bystander");
    await client.query("select pgq.register_consumer('coop', 'team')");
    const pgqd = startPgqd(server.cluster, [database.name]);
    const python = startCoopRecorder(database, "coop", "team", "python");
    const ours = await startConsumer(database, cooperative("coop", "team", "ours"));

    let sent = 0;
    await until(
      async () => {
        await client.query("select pgq.insert_event('coop', 'number', n::text) from generate_series(1, 5) n");
        sent += 5;
        return new Set((await sharedEvents(client)).map(({ worker }) => worker)).size === 2;
      },
      { what: "batches at both workers", timeoutMs: 60_000 },
    );
    await until(async () => (await sharedEvents(client)).length >= sent, { what: "all events" });
    await python.stop("SIGTERM");
    await ours.stop();
    await pgqd.stop();

    const seen = await sharedEvents(client);
    expect(new Set(seen.map((event) => event.ev_id)).size).toBe(sent);
    expect(seen).toHaveLength(sent);
    const owners = new Map<string, Set<string>>();
    for (const { batch_id: batch, worker } of seen) owners.set(batch, (owners.get(batch) ?? new Set()).add(worker));
    expect([...owners].filter(([, workers]) => workers.size > 1)).toEqual([]);
  });

  test("a worker of ours gets the batch of a Python worker that died with it", async () => {
    await createEagerQueue(client, "dead", "bystander");
    await client.query("select pgq.register_consumer('dead', 'team')");
    await client.query("begin; lock table shared in share mode"); // the Python worker stops at its first insert
    const pgqd = startPgqd(server.cluster, [database.name]);
    const python = startCoopRecorder(database, "dead", "team", "python");
    const observer = await database.connect();
    await observer.query("select pgq.insert_event('dead', 'number', '1')");
    await until(() => isSomebodyBlocked(observer), { what: "the Python worker in its batch" });
    await python.stop("SIGKILL");
    await client.query("rollback");

    const ours = await startConsumer(database, cooperative("dead", "team", "ours", "1 second"));
    await until(async () => (await sharedEvents(client)).length > 0, { what: "the batch at the other worker" });
    await ours.stop();
    await pgqd.stop();

    expect(await sharedEvents(client)).toMatchObject([{ worker: "ours", ev_data: "1" }]);
  });

  test("a consumer goes on where the other program stopped, there and back", async () => {
    await createEagerQueue(client, "handed", "bystander");
    const ini = await registerRecorder(database, "handed");
    const pgqd = startPgqd(server.cluster, [database.name]);

    const python = startRecorder(ini);
    await produceNumbers(client, "handed", 10);
    await until(async () => (await seenEvents(client)).length >= 10, { what: "ten events at Python's" });
    await python.stop("SIGTERM");
    await produceWithPython(database, "handed", 10);
    const ours = await startConsumer(database, plain("handed", "recorder"));
    await until(async () => (await sharedEvents(client)).length >= 10, { what: "ten events at ours" });
    await ours.stop();
    await produceNumbers(client, "handed", 5);
    const back = startRecorder(ini);
    await until(async () => (await seenEvents(client)).length >= 15, { what: "five events at Python's" });
    await back.stop("SIGTERM");
    await pgqd.stop();

    expect((await seenEvents(client)).map((event) => event.ev_data)).toEqual([
      ...numbers("ours", 10),
      ...numbers("ours", 5),
    ]);
    expect((await sharedEvents(client)).map((event) => event.ev_data)).toEqual(numbers("python", 10));
  });
});

const numbers = (producer: string, count = EVENTS): string[] =>
  Array.from({ length: count }, (_, n) => `${producer} ${n + 1}`);

async function isSomebodyBlocked(client: pg.Client): Promise<boolean> {
  const { rowCount } = await client.query(
    `select from pg_locks where locktype = 'relation' and not granted
        and database = (select oid from pg_database where datname = current_database())`,
  );
  return rowCount !== null && rowCount > 0;
}
