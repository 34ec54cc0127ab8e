import type pg from "pg";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { until } from "../harness/until.ts";
import { createEagerQueue, finishBatch, insertEvent, openBatch, readBatch, type ReadEvent } from "./consuming.ts";
import { type DebianDatabase, type DebianServer, allSchemas, startDebianServer } from "./debian.ts";
import { startPgqd } from "./pgqd.ts";
import { cleanUpPrograms } from "./program.ts";

let server: DebianServer;

beforeAll(async () => {
  server = await startDebianServer();
});
afterEach(cleanUpPrograms);
afterAll(() => server.stop());

// The C extension is the control: what fails there too is a fault of the test.
describe.each(allSchemas)("Debian's pgqd on %s", (schema) => {
  let database: DebianDatabase;
  let client: pg.Client;

  beforeAll(async () => {
    database = await server.createDatabase(schema);
    client = await database.connect();
  });

  test("ticks, so that events reach the consumer in order", async () => {
    await createEagerQueue(client, "ticked", "reader");
    const pgqd = startPgqd(server.cluster, [database.name]);

    const got: string[] = [];
    await insertEvent(client, "ticked", "first");
    await insertEvent(client, "ticked", "second");
    await until(async () => {
      got.push(...data(await readBatch(client, "ticked", "reader")));
      return got.length >= 2;
    });
    const complaints = await pgqd.stop();

    expect(got).toEqual(["first", "second"]);
    expect(complaints).toEqual([]);
  });

  test("rotates the event tables while events flow, and none is lost or doubled", async () => {
    await createEagerQueue(client, "rotated", "reader");
    await client.query("select pgq.set_queue_config('rotated', 'rotation_period', '0')");
    const pgqd = startPgqd(server.cluster, [database.name]);

    const sent: string[] = [];
    const got: string[] = [];
    const tables: number[] = [];
    await until(async () => {
      sent.push(`event ${sent.length}`);
      await insertEvent(client, "rotated", sent.at(-1)!);
      got.push(...data(await readBatch(client, "rotated", "reader")));
      const current = await currentTable(client, "rotated");
      if (current !== tables.at(-1)) tables.push(current);
      return tables.length >= 5; // past the third table and back again: each was emptied once
    });
    await until(async () => {
      got.push(...data(await readBatch(client, "rotated", "reader")));
      return got.length >= sent.length;
    });
    const complaints = await pgqd.stop();

    expect(got).toEqual(sent);
    expect(new Set(tables)).toEqual(new Set([0, 1, 2]));
    expect(complaints).toEqual([]);
  });

  test("brings events back that were put aside, with their id and a retry count", async () => {
    await createEagerQueue(client, "retried", "reader");
    await client.query("select pgq.register_consumer('retried', 'bystander')");
    const pgqd = startPgqd(server.cluster, [database.name]);

    await insertEvent(client, "retried", "once more");
    const [first] = await nextEvents(client, "retried", "reader");
    await client.query("select pgq.event_retry($1, $2, 0)", [first!.batch_id, first!.ev_id]);
    await finishBatch(client, first!.batch_id);
    const [again] = await nextEvents(client, "retried", "reader");
    await finishBatch(client, again!.batch_id);
    await insertEvent(client, "retried", "last");
    const seenByOther: string[] = [];
    await until(async () => {
      seenByOther.push(...data(await readBatch(client, "retried", "bystander")));
      return seenByOther.includes("last");
    });
    const complaints = await pgqd.stop();

    expect(again).toMatchObject({ ev_id: first!.ev_id, ev_data: "once more", ev_retry: 1 });
    expect(seenByOther).toEqual(["once more", "last"]);
    expect(complaints).toEqual([]);
  });

  test("finds the database by itself and accepts its version", async () => {
    const pgqd = startPgqd(server.cluster, "discover");

    await until(() => pgqd.log().includes(`[${database.name}]: pgq version ok`));
    const complaints = await pgqd.stop();

    expect(complaints).toEqual([]);
  });
});

test("Debian's pgqd calls a queue's extra maintenance although it stops at the first vacuum", async () => {
  const database = await server.createDatabase("our schema");
  const client = await database.connect();
  await createEagerQueue(client, "extra", "reader");
  await client.query("create table calls (queue text)");
  await client.query(
    `create function count_call(i_queue text) returns int language sql as
     'insert into public.calls values (i_queue); select 0'`,
  );
  await client.query(`update pgq.queue set queue_extra_maint = '{public.count_call}'`);
  await client.query("alter system set autovacuum = off"); // then the list of maintenance has entries for vacuum
  await client.query("select pg_reload_conf()");
  await until(async () => (await client.query("select where current_setting('autovacuum') = 'off'")).rowCount === 1);
  const pgqd = startPgqd(server.cluster, [database.name]);

  const called = await until(async () => (await client.query<{ queue: string }>("select queue from calls")).rows[0]);
  await pgqd.stop();
  await client.query("alter system reset autovacuum");
  await client.query("select pg_reload_conf()");

  expect(called.queue).toBe("extra");
});

const data = (events: readonly ReadEvent[]): string[] => events.map((event) => event.ev_data);

/** Waits for a batch with events and leaves it open. */
function nextEvents(client: pg.Client, queue: string, consumer: string): Promise<ReadEvent[]> {
  return until(async () => {
    const events = await openBatch(client, queue, consumer);
    return events !== null && events.length > 0 && events;
  });
}

async function currentTable(client: pg.Client, queue: string): Promise<number> {
  const { rows } = await client.query<{ queue_cur_table: number }>(
    "select queue_cur_table from pgq.queue where queue_name = $1",
    [queue],
  );
  return rows[0]!.queue_cur_table;
}
