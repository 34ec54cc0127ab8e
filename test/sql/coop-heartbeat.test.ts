// Signs of life: who gives them keeps batch and registration however long the batch takes.
import type pg from "pg";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import * as crew from "../harness/crew.ts";
import { majors, type TestDatabase } from "../harness/database.ts";
import { createSchemaTemplate } from "../harness/schema-template.ts";
import { backendPid, untilBlocked } from "../harness/sessions.ts";

describe.each(majors())("heartbeats of workers on PostgreSQL %i", (major) => {
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

  test("a worker that gives signs of life keeps its batch", async () => {
    const batch = await crew.nextBatch(annDb, ann);
    await crew.silence(annDb, ann, "2 hours");

    expect(await crew.heartbeat(annDb, ann, batch)).toBe(1);

    expect(await crew.nextBatch(bobDb, bob, "1 hour")).toBe(null);
    expect(await crew.batchOwner(bobDb, batch)).toBe(crew.subscriptionName(ann));
  });

  test("a worker learns from its heartbeat that its batch was taken over", async () => {
    const batch = await crew.nextBatch(annDb, ann);
    await crew.silence(annDb, ann, "2 hours");
    await crew.nextBatch(bobDb, bob, "1 hour");

    expect(await crew.heartbeat(annDb, ann, batch)).toBe(0);
    expect(await crew.heartbeat(bobDb, bob, batch)).toBe(1);
  });

  test("the heartbeat for a batch that is finished says so", async () => {
    const batch = await crew.nextBatch(annDb, ann);
    await crew.finishBatch(annDb, ann, batch);

    expect(await crew.heartbeat(annDb, ann, batch)).toBe(0);
  });

  test("an idle worker that gives signs of life stays registered", async () => {
    await crew.silence(annDb, ann, "2 hours");

    expect(await crew.heartbeat(annDb, ann)).toBe(1);
    await crew.nextBatch(bobDb, bob, "1 hour");

    expect(await crew.isRegistered(bobDb, ann)).toBe(true);
  });

  test("a heartbeat registers nobody", async () => {
    const stranger = { ...ann, name: "stranger" };

    expect(await crew.heartbeat(annDb, stranger)).toBe(0);
    expect(await crew.heartbeat(annDb, { ...ann, queue: "no such queue" })).toBe(0);
    expect(await crew.isRegistered(annDb, stranger)).toBe(false);
  });

  test("a heartbeat that is just being given prevents the take-over", async () => {
    const batch = await crew.nextBatch(annDb, ann);
    await crew.silence(annDb, ann, "2 hours");
    await annDb.query("begin");
    await crew.heartbeat(annDb, ann, batch);
    const pid = await backendPid(bobDb);

    const taken = crew.nextBatch(bobDb, bob, "1 hour");
    await untilBlocked(annDb, pid);
    await annDb.query("commit");

    expect(await taken).toBe(null);
    expect(await crew.batchOwner(bobDb, batch)).toBe(crew.subscriptionName(ann));
  });

  test("finishing in a long transaction does not set the sign of life back", async () => {
    const batch = await crew.nextBatch(annDb, ann);
    await annDb.query("begin");
    await annDb.query("select now()");
    await crew.heartbeat(bobDb, ann, batch);
    const { rows: before } = await bobDb.query("select sub_active from pgq.subscription where sub_batch = $1", [batch]);

    await crew.finishBatch(annDb, ann, batch);
    await annDb.query("commit");

    const { rows: after } = await bobDb.query(
      "select sub_active from pgq.subscription join pgq.consumer on co_id = sub_consumer where co_name = $1",
      [crew.subscriptionName(ann)],
    );
    expect(after).toEqual(before);
  });
});
