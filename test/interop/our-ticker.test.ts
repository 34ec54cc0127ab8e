// Our ticker where the old daemon worked: on the C extension, while it is taken over, and beside the old daemon.
import type pg from "pg";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { startFleet } from "../harness/fleet.ts";
import { until } from "../harness/until.ts";
import { createEagerQueue, finishBatch, insertEvent, openBatch, readBatch } from "./consuming.ts";
import { allSchemas, type DebianServer, installOurs, startDebianServer } from "./debian.ts";
import { startPgqd } from "./pgqd.ts";
import { cleanUpPrograms } from "./program.ts";

const PACE = { tickerPeriodMs: 50, maintPeriodMs: 200, retryPeriodMs: 3_600_000, checkPeriodMs: 200 };

let server: DebianServer;

beforeAll(async () => {
  server = await startDebianServer();
});
afterEach(cleanUpPrograms);
afterAll(() => server.stop());

/** Reads until all that was sent has come. */
async function readAll(client: pg.Client, queue: string, count: number): Promise<string[]> {
  const got: string[] = [];
  await until(async () => {
    got.push(...(await readBatch(client, queue, "reader")).map((event) => event.ev_data));
    return got.length >= count;
  });
  return got;
}

describe.each(allSchemas)("our ticker on %s", (schema) => {
  test("ticks, notifies, and brings events back that were put aside", async () => {
    const database = await server.createDatabase(schema);
    const client = await database.connect();
    await createEagerQueue(client, "q", "reader");
    const told: string[] = [];
    client.on("notification", ({ payload }) => told.push(payload ?? ""));
    await client.query("listen pgq_tick");
    await using fleet = startFleet(server.cluster.url(), { ...PACE, databases: [database.name] });

    await insertEvent(client, "q", "once more");
    const [first] = await until(async () => {
      const events = await openBatch(client, "q", "reader");
      return events !== null && events.length > 0 && events;
    });
    await client.query("select pgq.event_retry($1, $2, 0)", [first!.batch_id, first!.ev_id]);
    await finishBatch(client, first!.batch_id);
    const again = await readAll(client, "q", 1);

    expect(again).toEqual(["once more"]);
    expect(told).toContain("q");
    expect(fleet.log()).not.toMatch(/ (ERROR|WARNING) /);
  });

  test("ticks beside the old daemon, and each event comes once, in order", async () => {
    const database = await server.createDatabase(schema);
    const client = await database.connect();
    await createEagerQueue(client, "q", "reader");
    const old = startPgqd(server.cluster, [database.name]);
    await until(() => old.log().includes("pgq version ok"));
    await using fleet = startFleet(server.cluster.url(), { ...PACE, databases: [database.name] });
    await until(() => fleet.log().includes("pgq version ok"));

    const sent = Array.from({ length: 300 }, (_, i) => `event ${i}`);
    for (const data of sent) await insertEvent(client, "q", data);
    const got = await readAll(client, "q", sent.length);
    const complaints = await old.stop();

    expect(got).toEqual(sent);
    expect(complaints).toEqual([]);
    expect(fleet.log()).not.toMatch(/ (ERROR|WARNING) /);
  });
});

test("a bad queue on the C extension stops no other one", async () => {
  const database = await server.createDatabase("the C extension");
  const client = await database.connect();
  await createEagerQueue(client, "bad", "reader");
  await createEagerQueue(client, "good", "reader");
  await client.query(`update pgq.tick set tick_snapshot = '9000000000:9000000000:'
    where tick_queue = (select queue_id from pgq.queue where queue_name = 'bad')`);
  await using fleet = startFleet(server.cluster.url(), { ...PACE, databases: [database.name] });

  await insertEvent(client, "good", "arrives");

  expect(await readAll(client, "good", 1)).toEqual(["arrives"]);
  expect(fleet.log()).toMatch(/ERROR \[\w+\]: queue bad has no tick: /);
});

test("when the C extension is taken over by our schema, the ticker goes on and uses what is new", async () => {
  const database = await server.createDatabase("the C extension");
  const client = await database.connect();
  await client.query("select pgq.create_queue('q'), pgq.register_consumer('q', 'reader')");
  const pace = { ...PACE, maintPeriodMs: 3_600_000 };
  await using fleet = startFleet(server.cluster.url(), { ...pace, databases: [database.name] });
  await until(() => fleet.log().includes("pgq version ok"));

  await installOurs(server.cluster, database.name);
  await client.query("select pgq.insert_event_at('q', now(), 't', 'delayed')");

  expect(await readAll(client, "q", 1)).toEqual(["delayed"]);
});
