// Who may call what in pgq_coop, that the caller's search_path has no say, and names that would break careless SQL.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as crew from "../harness/crew.ts";
import { majors, type TestDatabase } from "../harness/database.ts";
import { createSchemaTemplate } from "../harness/schema-template.ts";
import { asRole, setHostileSearchPath, value } from "../harness/sessions.ts";

const calls = [
  "register_subconsumer('rights', 'crew', 'ann')",
  "next_batch('rights', 'crew', 'ann')",
  "next_batch('rights', 'crew', 'ann', '1 hour')",
  "next_batch_custom('rights', 'crew', 'ann', null, null, null)",
  "next_batch_custom('rights', 'crew', 'ann', null, null, null, '1 hour')",
  "heartbeat('rights', 'crew', 'ann')",
  "heartbeat('rights', 'crew', 'ann', 1)",
  "finish_batch(0)",
  "unregister_subconsumer('rights', 'crew', 'ann', 0)",
  "register_partitions('rights', 'split', 3)",
  "next_partition_batch('rights', 'split', 3, null, null, null, null, null, '1 hour')",
];

const oddNames = ["o'neil", 'say "hi"', "a.b", "%s $1 \\", "", " ", "Größe 漢字", "x".repeat(500)];

describe.each(majors())("rights of pgq_coop on PostgreSQL %i", (major) => {
  let database: TestDatabase;
  let reader: string;
  let writer: string;
  let queues = 0;

  beforeAll(async () => {
    database = await createSchemaTemplate(major, "pgq_template", ["pgq_coop"]);
    reader = `${database.name}_reader`;
    writer = `${database.name}_writer`;
    const client = await database.connect();
    await client.query(`create role ${reader} in role pgq_reader; create role ${writer} in role pgq_writer`);
    await crew.createQueue(client, "rights");
  });
  afterAll(async () => {
    const client = await database.connect();
    await client.query(`drop role ${reader}; drop role ${writer}`);
    await database.drop();
  });

  test.each(calls)("a member of pgq_reader, but not one of pgq_writer, may call pgq_coop.%s", async (call) => {
    const client = await database.connect();

    await asRole(client, reader, () => client.query(`select pgq_coop.${call}`));
    const refused = asRole(client, writer, () => client.query(`select pgq_coop.${call}`));

    await expect(refused).rejects.toThrow(/permission denied for function/);
  });

  test("a member of pgq_reader does all that a worker does, without a right on pgq's tables", async () => {
    const client = await database.connect();
    const worker = { queue: `work_${(queues += 1)}`, consumer: "crew", name: "ann" };
    await crew.createQueue(client, worker.queue);
    await asRole(client, reader, () => crew.register(client, worker));
    await crew.addBatch(client, worker.queue, "a");

    const data = await asRole(client, reader, async () => {
      const batch = await crew.nextBatch(client, worker, "1 hour");
      const events = await crew.batchData(client, batch);
      await crew.heartbeat(client, worker, batch);
      await crew.finishBatch(client, worker, batch);
      return events;
    });
    const update = asRole(client, reader, () => client.query("update pgq.subscription set sub_batch = 1"));

    expect(data).toEqual(["a"]);
    await expect(update).rejects.toThrow(/permission denied for table subscription/);
  });

  test("everybody may ask for the version of pgq_coop", async () => {
    const client = await database.connect();

    const version = await asRole(client, writer, () => value(client, "select pgq_coop.version()"));

    expect(version).toBe("3.1.1");
  });

  test("functions of pgq_coop do not look for anything in the caller's search_path", async () => {
    const client = await database.connect();
    const [ann, bob] = ["ann", "bob"].map((name) => ({ queue: "hostile", consumer: "crew", name })) as [
      crew.Worker,
      crew.Worker,
    ];
    await crew.createQueue(client, "hostile");
    await crew.register(client, ann);
    await crew.addBatch(client, "hostile", "a");
    const caller = await database.connect();
    await setHostileSearchPath(caller);

    await crew.register(caller, bob);
    const batch = await crew.nextBatch(caller, ann);
    await crew.silence(client, ann, "2 hours");
    const taken = await crew.nextBatch(caller, bob, "1 hour");
    await crew.heartbeat(caller, bob, taken);
    await crew.finishBatch(caller, bob, taken);
    await caller.query("select pgq_coop.unregister_subconsumer('hostile', 'crew', 'bob', 0)");

    expect(taken).toBe(batch);
    expect(await crew.isRegistered(client, bob)).toBe(false);
  });

  test("each function of pgq_coop pins its search_path", async () => {
    const client = await database.connect();

    const { rows } = await client.query(`
      select oid::regprocedure::text from pg_proc
       where pronamespace = 'pgq_coop'::regnamespace
         and proconfig is distinct from '{"search_path=pg_catalog, pg_temp"}'`);

    expect(rows).toEqual([]);
  });

  test.each(oddNames)("queue, consumer and worker may be called %j", async (name) => {
    const client = await database.connect();
    const worker = { queue: `${name}${(queues += 1)}`, consumer: `${name}${queues}`, name };
    await crew.createQueue(client, worker.queue);
    await crew.register(client, worker);
    await crew.addBatch(client, worker.queue, name);

    const batch = await crew.nextBatch(client, worker);

    expect(await crew.batchData(client, batch)).toEqual([name]);
    expect(await crew.batchOwner(client, batch)).toBe(crew.subscriptionName(worker));
    expect(await crew.heartbeat(client, worker, batch)).toBe(1);
    expect(await crew.finishBatch(client, worker, batch)).toBe(1);
  });
});
