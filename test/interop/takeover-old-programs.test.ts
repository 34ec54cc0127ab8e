import type pg from "pg";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { until } from "../harness/until.ts";
import { createEagerQueue } from "./consuming.ts";
import { type DebianServer, installOurs, startDebianServer } from "./debian.ts";
import { startPgqd } from "./pgqd.ts";
import { cleanUpPrograms } from "./program.ts";
import { registerRecorder, seenEvents, startRecorder } from "./python-consumer.ts";

let server: DebianServer;

beforeAll(async () => {
  server = await startDebianServer();
});
afterEach(cleanUpPrograms);
afterAll(() => server.stop());

test("pgqd and a Python consumer that run while the C extension is taken over go on, and no event is lost or doubled", async () => {
  const database = await server.createDatabase("the C extension");
  const client = await database.connect();
  await createEagerQueue(client, "q", "bystander");
  const ini = await registerRecorder(database, "q");
  const pgqd = startPgqd(server.cluster, [database.name]);
  const recorder = startRecorder(ini);

  await insertNumbers(client, 1, 500);
  await until(async () => (await seenEvents(client)).length > 0, { what: "the consumer at work" });
  await insertNumbers(client, 501, 1000);
  await installOurs(server.cluster, database.name);
  await insertNumbers(client, 1001, 1500);
  await until(async () => (await seenEvents(client)).length >= 1500, { timeoutMs: 60_000 });
  await recorder.stop("SIGTERM");
  await pgqd.stop();

  expect((await seenEvents(client)).map((event) => Number(event.ev_data))).toEqual(
    Array.from({ length: 1500 }, (_, n) => n + 1),
  );
});

async function insertNumbers(client: pg.Client, from: number, to: number): Promise<void> {
  await client.query("select pgq.insert_event('q', 't', n::text) from generate_series($1::int, $2::int) n", [from, to]);
}
