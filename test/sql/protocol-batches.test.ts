// Which events a batch holds, when transactions, tickers and sessions of consumers overlap.
import type pg from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createDatabase, majors, type TestDatabase } from "../harness/database.ts";
import * as q from "./protocol.ts";

describe.each(majors())("PostgreSQL %i", (major) => {
  let db: TestDatabase;
  let main: pg.Client;
  let other: pg.Client;
  let number = 0;
  let queue: string;

  beforeAll(async () => {
    db = await createDatabase(major);
    main = await db.connect();
  });
  beforeEach(async () => {
    other = await db.connect();
    queue = `batches ${(number += 1)}`;
    await q.createQueue(main, queue, "c");
    await q.tickAndTakeAll(main, queue, "c");
  });
  afterEach(() => other.end()); // whatever a failed test left open
  afterAll(() => db.drop());

  test("transactions that were open at the start of a batch are found one by one when ids lie far apart", async () => {
    const open: pg.Client[] = [];
    for (let i = 0; i < 8; i += 1) {
      const client = await db.connect();
      await client.query("begin");
      await q.insert(client, queue, `open ${i}`);
      open.push(client);
      await q.burnTransactionIds(main, 150);
    }
    await q.insert(main, queue, "quick");
    expect(await q.tickAndTakeAll(main, queue, "c")).toEqual(["quick"]);

    // Every second one ends, in another order than they began; one of them is rolled back.
    await open[6]!.query("commit");
    await open[2]!.query("rollback");
    await open[4]!.query("commit");
    await open[0]!.query("commit");
    await q.insert(main, queue, "second");
    expect(await q.tickAndTakeAll(main, queue, "c")).toEqual(["open 0", "open 4", "open 6", "second"]);

    for (const i of [1, 3, 5, 7]) await open[i]!.query("commit");
    expect(await q.tickAndTakeAll(main, queue, "c")).toEqual(["open 1", "open 3", "open 5", "open 7"]);
  });

  test("a batch of several ticks holds what came in between, once", async () => {
    await other.query("begin");
    await q.insert(other, queue, "long");
    for (const data of ["1", "2", "3"]) {
      await q.insert(main, queue, data);
      await q.tick(main, queue);
    }
    await other.query("commit");
    await q.tick(main, queue);

    // A forced tick counts as 2000 events: this is about all of them.
    const batch = await q.value<string>(main, "select batch_id from pgq.next_batch_custom($1, 'c', null, 5000, null)", [
      queue,
    ]);

    expect(await q.batchData(main, batch)).toEqual(["long", "1", "2", "3"]);
    await q.finish(main, batch);
    expect(await q.tickAndTakeAll(main, queue, "c")).toEqual([]);
  });

  test("events undone by ROLLBACK TO SAVEPOINT are never delivered", async () => {
    await other.query("begin");
    await q.insert(other, queue, "kept 1");
    await other.query("savepoint a");
    await q.insert(other, queue, "undone 1");
    await other.query("savepoint b");
    await q.insert(other, queue, "undone 2");
    await other.query("release savepoint b");
    await q.tick(main, queue);
    await other.query("rollback to savepoint a");
    await q.insert(other, queue, "kept 2");
    await other.query("commit");

    expect(await q.tickAndTakeAll(main, queue, "c")).toEqual(["kept 1", "kept 2"]);
  });

  test("hundreds of subtransactions around a tick and a rotation are delivered as one transaction", async () => {
    const expected: string[] = [];
    await other.query("begin");
    for (let i = 0; i < 300; i += 1) {
      await other.query("savepoint s");
      await q.insert(other, queue, `${i}`);
      const undone = i % 3 === 0;
      await other.query(undone ? "rollback to savepoint s" : "release savepoint s");
      if (!undone) expected.push(`${i}`);
      if (i === 100) await q.tick(main, queue);
      if (i === 200) await q.rotate(main, queue);
    }
    expect(await q.tickAndTakeAll(main, queue, "c")).toEqual([]);
    await other.query("commit");

    expect(await q.tickAndTakeAll(main, queue, "c")).toEqual(expected);
  });

  test("a transaction that fails after its events leaves nothing", async () => {
    await other.query("begin");
    await q.insert(other, queue, "lost");
    await q.outcome(other.query("select 1 / 0"));
    expect((await other.query("commit")).command).toBe("ROLLBACK");

    expect(await q.tickAndTakeAll(main, queue, "c")).toEqual([]);
  });

  test("two sessions of one consumer that ask at once get the same batch", async () => {
    await q.insert(main, queue, "e");
    await q.tick(main, queue);
    await other.query("begin");
    const first = await q.nextBatch(other, queue, "c");
    const second = await db.connect();
    const pid = await q.backendPid(second);
    const waiting = q.nextBatch(second, queue, "c");
    await q.waitsForLock(main, pid);

    await other.query("commit");

    expect(await waiting).toBe(first);
  });

  test("a session that asks while the batch is being finished gets the next one", async () => {
    await q.insert(main, queue, "1");
    await q.tick(main, queue);
    await other.query("begin");
    await q.finish(other, (await q.nextBatch(other, queue, "c"))!);
    await q.insert(main, queue, "2");
    await q.tick(main, queue);
    const second = await db.connect();
    const pid = await q.backendPid(second);
    const waiting = q.nextBatch(second, queue, "c");
    await q.waitsForLock(main, pid);

    await other.query("commit");

    expect(await q.batchData(main, (await waiting)!)).toEqual(["2"]);
  });

  test("a batch that two sessions finish counts once", async () => {
    await q.insert(main, queue, "e");
    await q.tick(main, queue);
    const batch = (await q.nextBatch(main, queue, "c"))!;
    await other.query("begin");
    expect(await q.finish(other, batch)).toBe(1);
    const second = await db.connect();
    const pid = await q.backendPid(second);
    const waiting = q.finish(second, batch);
    await q.waitsForLock(main, pid);

    await other.query("commit");

    expect(await waiting).toBe(0);
  });

  test("finish_batch that is rolled back hands out the same batch again", async () => {
    await q.insert(main, queue, "e");
    await q.tick(main, queue);
    const batch = (await q.nextBatch(main, queue, "c"))!;
    await main.query("begin");
    await q.finish(main, batch);
    await main.query("rollback");

    expect(await q.nextBatch(main, queue, "c")).toBe(batch);
    expect(await q.batchData(main, batch)).toEqual(["e"]);
  });

  test("two tickers at once make ticks whose snapshots grow with their ids", async () => {
    await q.insert(main, queue, "1");
    await main.query("select pgq.force_tick($1)", [queue]);
    await other.query("begin");
    await other.query("select pgq.ticker($1)", [queue]);
    const second = await db.connect();
    const pid = await q.backendPid(second);
    const waiting = second.query("select pgq.ticker($1)", [queue]);
    await q.waitsForLock(main, pid);
    await q.insert(main, queue, "2");

    await other.query("commit");
    await waiting;

    expect(await q.tickAndTakeAll(main, queue, "c")).toEqual(["1", "2"]);
  });

  test.each(["repeatable read", "serializable"])(
    "a ticker with an old snapshot repeats no event, %s",
    async (level) => {
      await other.query(`begin isolation level ${level}; select * from pgq.queue`);
      await q.insert(main, queue, "1");
      await q.tick(main, queue);
      await main.query("select pgq.force_tick($1)", [queue]);
      await q.outcome(other.query("select pgq.ticker($1)", [queue])); // a serialization failure is fine
      await other.query("commit");

      expect(await q.tickAndTakeAll(main, queue, "c")).toEqual(["1"]);
    },
  );

  test("a tick that was rolled back leaves a gap and loses nothing", async () => {
    await q.insert(main, queue, "1");
    await other.query("begin");
    await q.tick(other, queue);
    await other.query("rollback");
    await q.insert(main, queue, "2");

    expect(await q.tickAndTakeAll(main, queue, "c")).toEqual(["1", "2"]);
  });

  test("events that come back from the retry queue are put aside again and again, each time once", async () => {
    await q.insert(main, queue, "e");
    const retries: number[] = [];
    for (let round = 0; round < 4; round += 1) {
      await q.tick(main, queue);
      const batch = (await q.nextBatch(main, queue, "c"))!;
      const { rows } = await main.query<{ ev_id: string; ev_retry: number | null }>(
        "select ev_id, ev_retry from pgq.get_batch_events($1)",
        [batch],
      );
      retries.push(...rows.map((row) => row.ev_retry ?? 0));
      for (const { ev_id: id } of rows) {
        expect(await q.value(main, "select pgq.event_retry($1::bigint, $2::bigint, 0)", [batch, id])).toBe(1);
        expect(await q.value(main, "select pgq.event_retry($1::bigint, $2::bigint, 0)", [batch, id])).toBe(0);
      }
      await q.finish(main, batch);
      await main.query("select pgq.maint_retry_events()");
    }
    expect(retries).toEqual([0, 1, 2, 3]);
  });

  test("two sessions that move retry events at once move each event once", async () => {
    for (let i = 0; i < 15; i += 1) await q.insert(main, queue, `${i}`);
    await q.tick(main, queue);
    const batch = (await q.nextBatch(main, queue, "c"))!;
    expect(await q.value(main, "select pgq.batch_retry($1, 0)", [batch])).toBe(15);
    await q.finish(main, batch);
    await other.query("begin");
    const movedFirst = await q.value<number>(other, "select pgq.maint_retry_events()");
    const second = await db.connect();
    const pid = await q.backendPid(second);
    const waiting = q.value<number>(second, "select pgq.maint_retry_events()");
    await q.waitsForLock(main, pid);

    await other.query("commit");

    expect([movedFirst, await waiting]).toEqual([10, 5]);
    expect(await q.tickAndTakeAll(main, queue, "c")).toHaveLength(15);
  });
});
