// A batch counts once: a worker whose batch was taken over cannot finish it, at whatever moment the take-over happens.
import type pg from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import * as crew from "../harness/crew.ts";
import { majors, type TestDatabase } from "../harness/database.ts";
import { createSchemaTemplate } from "../harness/schema-template.ts";
import { backendPid, untilBlocked, value } from "../harness/sessions.ts";

const NOT_HELD = { code: "55000" };

describe.each(majors())("finishing taken-over batches on PostgreSQL %i", (major) => {
  let database: TestDatabase;
  let ann: crew.Worker;
  let bob: crew.Worker;
  let annDb: pg.Client;
  let bobDb: pg.Client;
  let queues = 0;

  beforeAll(async () => {
    database = await createSchemaTemplate(major, "pgq_template", ["pgq_coop"]);
    [annDb, bobDb] = [await database.connect(), await database.connect()];
  });
  beforeEach(async () => {
    const queue = `jobs_${(queues += 1)}`;
    ann = { queue, consumer: queue, name: "ann" };
    bob = { queue, consumer: queue, name: "bob" };
    await crew.createQueue(annDb, queue);
    await crew.register(annDb, ann);
    await crew.register(bobDb, bob);
    await crew.addBatch(annDb, queue, "a");
  });
  afterAll(() => database.drop());

  /** Ann has the batch and has been silent for two hours. */
  async function silentAnn(): Promise<string | null> {
    const batch = await crew.nextBatch(annDb, ann);
    await crew.silence(bobDb, ann, "2 hours");
    return batch;
  }

  test("a worker finishes its own batch", async () => {
    const batch = await crew.nextBatch(annDb, ann);

    expect(await crew.finishBatch(annDb, ann, batch)).toBe(1);
    expect(await crew.batchOwner(annDb, batch)).toBe(null);
  });

  test("a worker cannot finish the batch that another one took over", async () => {
    const batch = await silentAnn();
    const taken = await crew.nextBatch(bobDb, bob, "1 hour");

    const refused = crew.finishBatch(annDb, ann, batch);

    await expect(refused).rejects.toMatchObject(NOT_HELD);
    expect(taken).toBe(batch);
    expect(await crew.batchOwner(annDb, batch)).toBe(crew.subscriptionName(bob));
    expect(await crew.finishBatch(bobDb, bob, batch)).toBe(1);
  });

  test("a worker cannot finish a batch that its successor has finished", async () => {
    const batch = await silentAnn();
    await crew.nextBatch(bobDb, bob, "1 hour");
    await crew.finishBatch(bobDb, bob, batch);

    const refused = crew.finishBatch(annDb, ann, batch);

    await expect(refused).rejects.toThrow(
      `subconsumer ${crew.subscriptionName(ann)} on queue ${ann.queue} does not have batch ${batch}`,
    );
  });

  test("the work of the refused worker is rolled back with its transaction", async () => {
    await annDb.query("create temp table work (note text)");
    const batch = await silentAnn();
    await annDb.query("begin");
    await annDb.query("insert into work values ('done by ann')");
    await crew.nextBatch(bobDb, bob, "1 hour");

    await expect(crew.finishBatch(annDb, ann, batch)).rejects.toMatchObject(NOT_HELD);
    const { command } = await annDb.query("commit");

    expect(command).toBe("ROLLBACK");
    expect(await value(annDb, "select count(*)::int from work")).toBe(0);
    await annDb.query("drop table work");
  });

  test("a batch that is being finished is not taken over", async () => {
    const batch = await silentAnn();
    await annDb.query("begin");
    await crew.finishBatch(annDb, ann, batch);
    await crew.silence(annDb, ann, "2 hours");
    const pid = await backendPid(bobDb);

    const taken = crew.nextBatch(bobDb, bob, "1 hour");
    await untilBlocked(annDb, pid);
    await annDb.query("commit");

    expect(await taken).toBe(null);
  });

  test("a finish that comes during the take-over waits for it and is refused", async () => {
    const batch = await silentAnn();
    await bobDb.query("begin");
    await crew.nextBatch(bobDb, bob, "1 hour");
    const pid = await backendPid(annDb);

    const finish = crew.finishBatch(annDb, ann, batch);
    const refused = expect(finish).rejects.toMatchObject(NOT_HELD);
    await untilBlocked(bobDb, pid);
    await bobDb.query("commit");

    await refused;
    expect(await crew.batchOwner(bobDb, batch)).toBe(crew.subscriptionName(bob));
  });

  test("a take-over that is rolled back leaves the batch with its worker", async () => {
    const batch = await silentAnn();
    await bobDb.query("begin");
    await crew.nextBatch(bobDb, bob, "1 hour");
    await bobDb.query("rollback");

    expect(await crew.finishBatch(annDb, ann, batch)).toBe(1);
  });

  test("the same name on another queue or of another consumer does not have the batch", async () => {
    const batch = await crew.nextBatch(annDb, ann);

    await expect(crew.finishBatch(annDb, { ...ann, queue: "elsewhere" }, batch)).rejects.toMatchObject(NOT_HELD);
    await expect(crew.finishBatch(annDb, { ...ann, consumer: "team" }, batch)).rejects.toMatchObject(NOT_HELD);
    await expect(crew.finishBatch(annDb, ann, null)).rejects.toMatchObject(NOT_HELD);
    expect(await crew.finishBatch(annDb, ann, batch)).toBe(1);
  });

  test("a program that finishes by batch id alone works as before", async () => {
    const batch = await silentAnn();
    await crew.nextBatch(bobDb, bob, "1 hour");

    expect(await value(annDb, "select pgq_coop.finish_batch($1)", [batch])).toBe(1);
  });
});
