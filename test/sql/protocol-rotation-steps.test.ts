// The two steps of a rotation done wrongly, twice at once, or half.
import type pg from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { majors } from "../harness/database.ts";
import { type PrivateServer, startPrivateServer } from "../harness/private-server.ts";
import * as q from "./protocol.ts";

describe.each(majors())("PostgreSQL %i", (major) => {
  let server: PrivateServer;
  let main: pg.Client;
  let other: pg.Client;
  let number = 0;
  let queue: string;

  beforeAll(async () => {
    server = await startPrivateServer({ major });
  });
  beforeEach(async () => {
    main = await server.connect();
    other = await server.connect();
    queue = `steps ${(number += 1)}`;
    await q.createQueue(main, queue, "c");
    await q.tickAndTakeAll(main, queue, "c");
  });
  afterEach(() => server.disconnect());
  afterAll(() => server.stop());

  const lateProducer = async (level: string): Promise<pg.Client> => {
    const client = await server.connect();
    await client.query(`begin isolation level ${level}; select * from pgq.queue`);
    return client;
  };
  /** One that nothing holds back. */
  const createBareQueue = async (): Promise<void> => {
    queue = `${queue} without consumers`;
    await q.createQueue(main, queue);
  };
  /** What a producer with an old snapshot writes after the rotation has long been done. */
  const deliveredLate = async (producer: pg.Client): Promise<string[]> => {
    await q.tickAndTakeAll(main, queue, "c");
    await q.insert(producer, queue, "late");
    await producer.query("commit");
    return q.tickAndTakeAll(main, queue, "c");
  };

  test("a session killed in step 1 leaves the queue and the next table as they were", async () => {
    const before = await q.currentTable(main, queue);
    await other.query("begin");
    await q.rotateStep1(other, queue);
    await main.query("select pg_terminate_backend($1)", [await q.backendPid(other)]);
    await q.insert(main, queue, "e");

    expect(await q.currentTable(main, queue)).toBe(before);
    expect(await q.tickAndTakeAll(main, queue, "c")).toEqual(["e"]);
    await expect.poll(() => q.rotate(main, queue)).toBe(true);
  });

  test.each(q.ISOLATION_LEVELS)("a session killed between the steps loses nothing, %s", async (level) => {
    const producer = await lateProducer(level);
    await q.rotateStep1(other, queue);
    await other.end();
    await q.insert(main, queue, "between");
    const table = await q.currentTable(main, queue);

    await q.rotateStep1(main, queue); // not again before step 2
    expect(await q.currentTable(main, queue)).toBe(table);
    expect(await q.tickAndTakeAll(main, queue, "c")).toEqual(["between"]);
    await q.rotateStep2(main);

    expect(await deliveredLate(producer)).toEqual(["late"]);
  });

  test.each(q.ISOLATION_LEVELS)("step 2 that was rolled back counts as not done, %s", async (level) => {
    const producer = await lateProducer(level);
    await q.rotateStep1(main, queue);
    await other.query("begin");
    await q.rotateStep2(other);
    await other.query("rollback");
    const table = await q.currentTable(main, queue);
    await q.rotateStep1(main, queue);
    expect(await q.currentTable(main, queue)).toBe(table);

    await q.rotateStep2(main);

    expect(await deliveredLate(producer)).toEqual(["late"]);
  });

  test("step 2 does not count in the transaction of step 1", async () => {
    await other.query("begin");
    await q.rotateStep1(other, queue);
    await q.rotateStep2(other);
    // The switch is not committed: this goes to the old table, with a higher transaction id.
    const producer = await lateProducer("read committed");
    await q.insert(producer, queue, "during");
    await other.query("commit");
    await q.tickAndTakeAll(main, queue, "c");
    await producer.query("commit");

    expect(await q.tickAndTakeAll(main, queue, "c")).toEqual(["during"]);
    await q.rotateStep2(main);
    await q.tickAndTakeAll(main, queue, "c");
    expect(await q.rotate(main, queue)).toBe(true);
  });

  test.each(q.ISOLATION_LEVELS)(
    "step 2 in a transaction that had its id before step 1 loses nothing, %s",
    async (level) => {
      await other.query("begin; select txid_current()");
      const producer = await lateProducer(level);
      await producer.query("select txid_current()");
      const table = await q.value<string>(producer, "select pgq.current_event_table($1)", [queue]);
      await q.rotateStep1(main, queue);
      await q.rotateStep2(other);
      await other.query("commit");

      // The start of a batch lies between the two ids.
      await q.tickAndTakeAll(main, queue, "c");
      await producer.query(`insert into ${table} (ev_time, ev_data) values (now(), 'direct')`);
      await q.insert(producer, queue, "called");
      await producer.query("commit");

      expect(await q.tickAndTakeAll(main, queue, "c")).toEqual(["direct", "called"]);
    },
  );

  test.each(["repeatable read", "serializable"])(
    "step 2 with a snapshot from before other rotations does no harm, %s",
    async (level) => {
      await q.rotateStep1(main, queue);
      await other.query(`begin isolation level ${level}; select * from pgq.queue`);
      await q.rotateStep2(main);
      await q.rotateWithConsumer(main, queue, "c");
      await q.outcome(q.rotateStep2(other)); // a serialization failure is fine
      await other.query("commit");

      const producer = await lateProducer("repeatable read");

      expect(await deliveredLate(producer)).toEqual(["late"]);
    },
  );

  test("two sessions in step 1 at once rotate once", async () => {
    const before = await q.currentTable(main, queue);
    await q.makeRotationDue(main, queue);
    await other.query("begin");
    await other.query("select pgq.maint_rotate_tables_step1($1)", [queue]);
    const second = await server.connect();
    const pid = await q.backendPid(second);
    const waiting = second.query("select pgq.maint_rotate_tables_step1($1)", [queue]);
    await q.waitsForLock(main, pid);

    await other.query("commit");
    await waiting;

    expect(await q.currentTable(main, queue)).toBe((before + 1) % 3);
  });

  test("two sessions in step 2 at once both end, and late producers lose nothing", async () => {
    const producer = await lateProducer("repeatable read");
    await q.rotateStep1(main, queue);
    await other.query("begin");
    await q.rotateStep2(other);
    const second = await server.connect();
    const pid = await q.backendPid(second);
    const waiting = q.rotateStep2(second);
    await q.waitsForLock(main, pid);

    await other.query("commit");
    await waiting;

    expect(await deliveredLate(producer)).toEqual(["late"]);
  });

  test("a tick between the steps of two rotations in a row does not hide an event", async () => {
    const delivered: string[] = [];
    for (const round of [1, 2, 3, 4]) {
      await q.insert(main, queue, `a${round}`);
      await q.rotateStep1(main, queue);
      await q.tick(main, queue);
      await q.insert(main, queue, `b${round}`);
      await q.rotateStep2(main);
      await q.tick(main, queue);
      delivered.push(...(await q.takeAll(main, queue, "c")));
    }
    expect(delivered).toEqual([1, 2, 3, 4].flatMap((round) => [`a${round}`, `b${round}`]));
  });

  test("an event goes to a table that a batch reads while step 2 is not committed yet", async () => {
    const producer = await lateProducer("repeatable read");
    await q.rotateStep1(main, queue);
    await other.query("begin");
    await q.rotateStep2(other);

    await q.insert(producer, queue, "now");
    await producer.query("commit");

    expect(await q.tickAndTakeAll(main, queue, "c")).toEqual(["now"]);
    await other.query("commit");
  });

  test("a consumer that registers while the queue rotates sees every later event", async () => {
    await createBareQueue();
    await q.rotate(main, queue);
    await q.tick(main, queue);
    await q.rotate(main, queue); // the newest tick is older than the present table
    const second = await server.connect();
    await second.query("begin");
    await second.query("select pgq.register_consumer($1, 'new')", [queue]);
    const pid = await q.backendPid(other);
    const rotating = q.rotate(other, queue);
    await Promise.race([rotating, q.waitsForLock(main, pid)]);

    await second.query("commit");
    await rotating;
    await q.insert(main, queue, "later");

    expect(await q.tickAndTakeAll(main, queue, "new")).toEqual(["later"]);
  });

  test("a consumer that registers while the queue is rotated by somebody else sees every later event", async () => {
    await createBareQueue();
    await q.rotate(main, queue);
    await q.tick(main, queue);
    await q.burnTransactionIds(main, 3);
    await q.rotate(main, queue);
    await other.query("begin");
    await q.rotateStep1(other, queue); // removes the ticks from before the last rotation
    const second = await server.connect();
    const pid = await q.backendPid(second);
    const registering = q.outcome(second.query("select pgq.register_consumer($1, 'new')", [queue]));
    await Promise.race([registering, q.waitsForLock(main, pid)]);
    await other.query("commit");
    // There may be no tick left at all; then the consumer is told to tick first.
    const registered = await registering;
    await q.tick(main, queue);
    if (registered !== "ok") await main.query("select pgq.register_consumer($1, 'new')", [queue]);
    await q.rotateStep2(main);
    await q.insert(main, queue, "later");

    expect(await q.tickAndTakeAll(main, queue, "new")).toEqual(["later"]);
  });
});
