// Queues and consumers that come and go while others use them: nobody hangs, nothing is half done, nothing is lost.
import type pg from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createDatabase, majors, type TestDatabase } from "../harness/database.ts";
import * as q from "./protocol.ts";

describe.each(majors())("PostgreSQL %i", (major) => {
  let db: TestDatabase;
  let main: pg.Client;
  let other: pg.Client;
  let second: pg.Client;
  let number = 0;
  let queue: string;

  beforeAll(async () => {
    db = await createDatabase(major);
    main = await db.connect();
  });
  beforeEach(async () => {
    other = await db.connect();
    second = await db.connect();
    queue = `coming ${(number += 1)}`;
  });
  afterEach(() => Promise.all([other.end(), second.end()])); // whatever a failed test left open
  afterAll(() => db.drop());

  test("of two sessions that create a queue of one name, one creates it and the other is told so", async () => {
    await other.query("begin");
    expect(await q.value(other, "select pgq.create_queue($1)", [queue])).toBe(1);
    const pid = await q.backendPid(second);
    const waiting = q.outcome(second.query("select pgq.create_queue($1)", [queue]));
    await q.waitsForLock(main, pid);

    await other.query("commit");

    expect(["ok", "23505"]).toContain(await waiting);
    expect(await q.value(main, "select pgq.create_queue($1)", [queue])).toBe(0);
    await q.insert(main, queue, "works");
  });

  // Both inherit from pgq.event_template, which CREATE TABLE locks to the end of the transaction.
  test("of two sessions that create queues of different names, one waits and both succeed", async () => {
    await other.query("begin");
    await q.createQueue(other, queue, "c");
    const pid = await q.backendPid(second);
    const waiting = q.value<number>(second, "select pgq.create_queue($1)", [`${queue} too`]);
    await q.waitsForLock(main, pid);

    await other.query("commit");

    expect(await waiting).toBe(1);
    for (const name of [queue, `${queue} too`]) await q.insert(main, name, "works");
    expect(await q.tickAndTakeAll(main, queue, "c")).toEqual(["works"]);
  });

  test("producers are not stopped while a queue is created and dropped", async () => {
    await q.createQueue(main, queue, "c");
    await second.query("set lock_timeout = '10s'");
    await other.query("begin");
    await q.createQueue(other, `${queue} new`);
    await q.insert(second, queue, "1");
    await other.query("rollback");
    await q.insert(second, queue, "2");
    await q.createQueue(main, `${queue} new`);
    await other.query("begin");
    await other.query("select pgq.drop_queue($1)", [`${queue} new`]);
    await q.insert(second, queue, "3");
    await other.query("commit");
    await q.insert(second, queue, "4");

    expect(await q.tickAndTakeAll(main, queue, "c")).toEqual(["1", "2", "3", "4"]);
  });

  test("a queue that was dropped and made again takes events in sessions that knew the old one", async () => {
    await q.createQueue(main, queue, "c");
    await q.insert(second, queue, "old");
    await main.query("select pgq.drop_queue($1, true)", [queue]);
    await q.createQueue(main, queue, "c");

    await q.insert(second, queue, "new");

    expect(await q.tickAndTakeAll(main, queue, "c")).toEqual(["new"]);
  });

  test("an insert that meets a drop either goes first or fails cleanly", async () => {
    await q.createQueue(main, queue);
    await second.query("begin");
    await q.insert(second, queue, "first");
    const pid = await q.backendPid(other);
    const dropping = other.query("select pgq.drop_queue($1)", [queue]);
    await q.waitsForLock(main, pid);
    await second.query("commit");
    await dropping;

    await expect(q.insert(second, queue, "second")).rejects.toThrow("No such queue");
    expect(
      await q.value(
        main,
        "select count(*)::int from pg_class where relname ~ '^event_[0-9]+$' and relkind = 'r' and relname not in (select 'event_' || queue_id from pgq.queue)",
      ),
    ).toBe(0);
  });

  test("an insert that waits for a drop that is then rolled back succeeds", async () => {
    await q.createQueue(main, queue, "c");
    await other.query("begin");
    await other.query("select pgq.drop_queue($1, true)", [queue]);
    const pid = await q.backendPid(second);
    const inserting = q.insert(second, queue, "waited");
    await q.waitsForLock(main, pid);

    await other.query("rollback");
    await inserting;

    expect(await q.tickAndTakeAll(main, queue, "c")).toEqual(["waited"]);
  });

  test("the ticker goes on with the other queues while one is dropped", async () => {
    await q.createQueue(main, queue, "c");
    await q.createQueue(main, `${queue} doomed`);
    await q.insert(main, queue, "e");
    await main.query("select pgq.force_tick($1)", [queue]);
    await other.query("begin");
    await other.query("select pgq.drop_queue($1)", [`${queue} doomed`]);
    const ticking = q.outcome(second.query("select pgq.ticker()"));

    await other.query("commit");

    expect(await ticking).toBe("ok");
    expect(await q.takeAll(main, queue, "c")).toEqual(["e"]);
  });

  test("unregistering waits for the session that opens a batch, which then finds its batch gone", async () => {
    await q.createQueue(main, queue, "c");
    await q.insert(main, queue, "e");
    await q.tick(main, queue);
    await other.query("begin");
    const batch = (await q.nextBatch(other, queue, "c"))!;
    const pid = await q.backendPid(second);
    const unregistering = q.value<number>(second, "select pgq.unregister_consumer($1, 'c')", [queue]);
    await q.waitsForLock(main, pid);

    await other.query("commit");

    expect(await unregistering).toBe(1);
    expect(await q.finish(other, batch)).toBe(0);
    await expect(q.nextBatch(other, queue, "c")).rejects.toThrow(`Not subscriber to queue: ${queue}/c`);
  });

  test("opening a batch while the consumer is being unregistered says that it is not subscribed", async () => {
    await q.createQueue(main, queue, "c");
    await q.tick(main, queue);
    await other.query("begin");
    await other.query("select pgq.unregister_consumer($1, 'c')", [queue]);
    const pid = await q.backendPid(second);
    const opening = q.nextBatch(second, queue, "c").catch((error: unknown) => String(error));
    await q.waitsForLock(main, pid);

    await other.query("commit");

    expect(await opening).toContain(`Not subscriber to queue: ${queue}/c`);
  });

  test("of two sessions that register one consumer, one registers it", async () => {
    await q.createQueue(main, queue);
    await main.query("select pgq.create_queue('elsewhere'), pgq.register_consumer('elsewhere', 'both')");
    await other.query("begin");
    expect(await q.value(other, "select pgq.register_consumer($1, 'both')", [queue])).toBe(1);
    const pid = await q.backendPid(second);
    const waiting = q.outcome(second.query("select pgq.register_consumer($1, 'both')", [queue]));
    await q.waitsForLock(main, pid);

    await other.query("commit");

    expect(["ok", "23505"]).toContain(await waiting);
    expect(await q.value(main, "select count(*)::int from pgq.get_consumer_info($1)", [queue])).toBe(1);
  });
});
