// The clock of the server was an hour ahead and was set back: times that were stored lie in the future, and nothing waits
// until they have come.
import type pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { majors, type TestDatabase } from "../harness/database.ts";
import { createSchemaTemplate } from "../harness/schema-template.ts";
import { createQueue, currentTable, insert, tick, tickAndTakeAll, value } from "./protocol.ts";

describe.each(majors())("a clock that was set back, on PostgreSQL %i", (major) => {
  let database: TestDatabase;
  let client: pg.Client;

  beforeAll(async () => {
    database = await createSchemaTemplate(major, "pgq_template", ["pgq_coop"]);
    client = await database.connect();
  });
  afterAll(() => database.drop());

  /** As it is after an hour with a wrong clock. */
  async function setBack(queue: string): Promise<void> {
    const ofQueue = "(select queue_id from pgq.queue where queue_name = $1)";
    for (const statement of [
      `update pgq.tick set tick_time = tick_time + interval '1 hour' where tick_queue = ${ofQueue}`,
      `update pgq.subscription set sub_active = sub_active + interval '1 hour' where sub_queue = ${ofQueue}`,
      `update pgq.queue set queue_switch_time = queue_switch_time + interval '1 hour' where queue_name = $1`,
    ]) {
      await client.query(statement, [queue]);
    }
  }

  test("event tables are rotated", async () => {
    await createQueue(client, "rotated");
    await client.query("select pgq.set_queue_config('rotated', 'rotation_period', '1 minute')");
    const before = await currentTable(client, "rotated");
    await setBack("rotated");

    const listed = await value<number>(
      client,
      "select count(*)::int from pgq.maint_operations() where func_name = 'pgq.maint_rotate_tables_step1' and func_arg = 'rotated'",
    );
    await client.query("select pgq.maint_rotate_tables_step1('rotated')");

    expect(listed).toBe(1);
    expect(await currentTable(client, "rotated")).not.toBe(before);
  });

  test("a table that was just switched to is not rotated because the clock went back a little", async () => {
    await createQueue(client, "young");
    await client.query("select pgq.set_queue_config('young', 'rotation_period', '2 hours')");
    const before = await currentTable(client, "young");
    await setBack("young");

    await client.query("select pgq.maint_rotate_tables_step1('young')");

    expect(await currentTable(client, "young")).toBe(before);
  });

  test.each([
    ["min_lag", "'1 minute', null, null"],
    ["min_interval", "null, null, '1 minute'"],
  ])("a consumer with %s gets the batch of before", async (setting, values) => {
    const queue = `waiting ${setting}`;
    await createQueue(client, queue, "c");
    await insert(client, queue, "early");
    await tick(client, queue);
    await setBack(queue);
    await tick(client, queue);

    const batch = await value<string | null>(client, `select batch_id from pgq.next_batch_custom($1, 'c', ${values})`, [
      queue,
    ]);

    expect(batch).not.toBeNull();
    expect(await value(client, "select string_agg(ev_data, ' ') from pgq.get_batch_events($1)", [batch])).toBe("early");
  });

  test("a consumer with min_lag waits for young ticks all the same", async () => {
    await createQueue(client, "lagging", "c");
    await tick(client, "lagging");

    const batch = await value(
      client,
      "select batch_id from pgq.next_batch_custom('lagging', 'c', '1 minute', null, null)",
    );

    expect(batch).toBeNull();
  });

  test("the batch of a worker that died before is taken over", async () => {
    await createQueue(client, "shared");
    const next = "select pgq_coop.next_batch('shared', 'crew', $1, '1 minute')";
    for (const worker of ["ann", "bob"]) {
      await client.query("select pgq_coop.register_subconsumer('shared', 'crew', $1)", [worker]);
    }
    await insert(client, "shared", "e");
    await tick(client, "shared");
    const batch = await value<string>(client, next, ["ann"]);
    await setBack("shared");

    expect(await value(client, next, ["bob"])).toBe(batch);
  });

  test("the partition of a worker that died before is taken over", async () => {
    await createQueue(client, "parted");
    await client.query("select pgq_coop.register_partitions('parted', 'crew', 1)");
    const next = `select partition_number
      from pgq_coop.next_partition_batch('parted', 'crew', 1, null, null, null, null, null, '1 minute')`;
    await insert(client, "parted", "e");
    await tick(client, "parted");
    await client.query(next);
    const whileAlive = await value(client, next);
    await setBack("parted");

    expect([whileAlive, await value(client, next)]).toEqual([null, 0]);
  });

  test("the ticks go on, and a consumer reads what comes then, in order", async () => {
    await createQueue(client, "going on", "c");
    await insert(client, "going on", "before");
    await tick(client, "going on");
    await setBack("going on");
    await insert(client, "going on", "after");

    const ticks = await value<number>(client, "select count(*)::int from pgq.ticker_now(array['going on'])");

    expect(ticks).toBe(1);
    expect(await tickAndTakeAll(client, "going on", "c")).toEqual(["before", "after"]);
  });
});
