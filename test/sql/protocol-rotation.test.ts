// Producers, consumers and rotation, step by step: the interleavings in which an event could be lost.
import type pg from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { majors } from "../harness/database.ts";
import { type PrivateServer, startPrivateServer } from "../harness/private-server.ts";
import * as q from "./protocol.ts";

type Produce = (client: pg.Client, queue: string, data: string) => Promise<unknown>;

const producing: readonly (readonly [string, Produce])[] = [
  ["insert_event", q.insert],
  [
    "insert_event, many in a statement",
    (client, queue, data) =>
      client.query("select pgq.insert_event($1, 't', d) from unnest(array[$2]::text[]) d", [queue, data]),
  ],
  [
    "insert_events over arrays",
    (client, queue, data) => client.query("select pgq.insert_events($1, array['t'], array[$2])", [queue, data]),
  ],
  [
    "insert_events over json",
    (client, queue, data) =>
      client.query("select pgq.insert_events($1, $2::json)", [queue, JSON.stringify([{ type: "t", data }])]),
  ],
  [
    "current_event_table",
    async (client, queue, data) => {
      const table = await q.value<string>(client, "select pgq.current_event_table($1)", [queue]);
      return client.query(`insert into ${table} (ev_time, ev_type, ev_data) values (now(), 't', $1)`, [data]);
    },
  ],
];

const cases = producing.flatMap(([how, produce]) => q.ISOLATION_LEVELS.map((level) => ({ how, produce, level })));

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
  });
  afterEach(() => server.disconnect());
  afterAll(() => server.stop());

  const newQueue = async (tables = 3): Promise<void> => {
    queue = `rotation ${(number += 1)}`;
    await main.query(`alter table pgq.queue alter queue_ntables set default ${tables}`);
    await q.createQueue(main, queue, "c");
  };

  test.each(cases)("$how with a snapshot from before a rotation loses nothing, $level", async ({ produce, level }) => {
    await newQueue();
    await other.query(`begin isolation level ${level}; select * from pgq.queue`);
    await q.rotateWithConsumer(main, queue, "c");

    await produce(other, queue, "late");
    await other.query("commit");

    expect(await q.tickAndTakeAll(main, queue, "c")).toEqual(["late"]);
  });

  test.each(cases)("$how with a snapshot from before three rotations loses nothing, $level", async (each) => {
    await newQueue();
    await other.query(`begin isolation level ${each.level}; select * from pgq.queue`);
    await q.rotateWithConsumer(main, queue, "c");
    await q.rotateWithConsumer(main, queue, "c");
    await q.rotateWithConsumer(main, queue, "c");

    await each.produce(other, queue, "late");
    await other.query("commit");

    expect(await q.tickAndTakeAll(main, queue, "c")).toEqual(["late"]);
  });

  test.each(cases)("$how between the two steps loses nothing, $level", async ({ produce, level }) => {
    await newQueue();
    await q.tickAndTakeAll(main, queue, "c");
    await other.query(`begin isolation level ${level}; select * from pgq.queue`);
    await q.rotateStep1(main, queue);

    await produce(other, queue, "between");
    await other.query("commit");
    await q.rotateStep2(main);

    await q.tick(main, queue);
    expect(await q.tickAndTakeAll(main, queue, "c")).toEqual(["between"]);
  });

  test.each(cases)("$how before and after a rotation in one transaction loses nothing, $level", async (each) => {
    await newQueue();
    await q.tickAndTakeAll(main, queue, "c");
    await other.query(`begin isolation level ${each.level}`);
    await each.produce(other, queue, "before");
    await q.rotate(main, queue);
    await q.tickAndTakeAll(main, queue, "c");

    await each.produce(other, queue, "after");
    await other.query("commit");

    expect(await q.tickAndTakeAll(main, queue, "c")).toEqual(["before", "after"]);
  });

  test.each(q.ISOLATION_LEVELS)("a queue without helper objects never loses an event silently, %s", async (level) => {
    await newQueue();
    const id = await q.value<number>(main, "select queue_id from pgq.queue where queue_name = $1", [queue]);
    await main.query(`drop sequence pgq.queue_${id}_switch_seq, pgq.queue_${id}_tx_seq`);
    await other.query(`begin isolation level ${level}; select * from pgq.queue`);
    await q.rotateWithConsumer(main, queue, "c");

    const inserted = await q.outcome(q.insert(other, queue, "late"));
    await other.query("commit");

    const delivered = await q.tickAndTakeAll(main, queue, "c");
    const expected = level === "read committed" ? ["ok", ["late"]] : ["40001", []];
    expect([inserted, delivered]).toEqual(expected);
  });

  test("a transaction that has its id before a rotation holds back the next one until it ends", async () => {
    await newQueue();
    await q.tickAndTakeAll(main, queue, "c");
    await other.query("begin");
    await q.insert(other, queue, "old");
    expect(await q.rotate(main, queue)).toBe(true);
    await q.tickAndTakeAll(main, queue, "c");

    expect(await q.rotate(main, queue)).toBe(false);
    await other.query("commit");
    expect(await q.tickAndTakeAll(main, queue, "c")).toEqual(["old"]);
    await q.tickAndTakeAll(main, queue, "c");
    expect(await q.rotate(main, queue)).toBe(true);
  });

  test("a prepared transaction holds back the second rotation and is delivered once committed", async () => {
    await newQueue();
    await q.tickAndTakeAll(main, queue, "c");
    await other.query("begin");
    await q.insert(other, queue, "prepared");
    await other.query("prepare transaction 'p'");
    expect(await q.rotate(main, queue)).toBe(true);
    expect(await q.tickAndTakeAll(main, queue, "c")).toEqual([]);
    expect(await q.rotate(main, queue)).toBe(false);

    await other.query("commit prepared 'p'");

    expect(await q.tickAndTakeAll(main, queue, "c")).toEqual(["prepared"]);
    expect(await q.rotate(main, queue)).toBe(true);
  });

  test("a consumer that is behind keeps the table it has to read", async () => {
    await newQueue();
    await q.tickAndTakeAll(main, queue, "c");
    await q.insert(main, queue, "kept");
    await q.tick(main, queue);
    expect(await q.rotate(main, queue)).toBe(true);
    await q.insert(main, queue, "new");
    await q.tick(main, queue);

    expect(await q.rotate(main, queue)).toBe(false);
    expect(await q.takeAll(main, queue, "c")).toEqual(["kept", "new"]);
    expect(await q.rotate(main, queue)).toBe(true);
  });

  test("the slowest of several consumers decides", async () => {
    await newQueue();
    await q.tick(main, queue);
    await main.query("select pgq.register_consumer($1, 'slow')", [queue]);
    await q.insert(main, queue, "e");
    await q.tickAndTakeAll(main, queue, "c");
    expect(await q.rotate(main, queue)).toBe(true);
    await q.tickAndTakeAll(main, queue, "c");

    expect(await q.rotate(main, queue)).toBe(false);
    expect(await q.takeAll(main, queue, "slow")).toEqual(["e"]);
  });

  test("a batch that was open before a rotation reads the same events after it", async () => {
    await newQueue();
    await q.insert(main, queue, "a");
    await q.insert(main, queue, "b");
    await q.tick(main, queue);
    const batch = (await q.nextBatch(main, queue, "c"))!;
    const before = await q.batchData(main, batch);
    await q.rotate(main, queue);
    await q.insert(main, queue, "later");
    await q.tick(main, queue);

    expect(await q.nextBatch(main, queue, "c")).toBe(batch);
    expect(await q.batchData(main, batch)).toEqual(before);
  });

  test("a batch over a rotation reads both tables, in the order of the ids", async () => {
    await newQueue();
    await q.tickAndTakeAll(main, queue, "c");
    for (const data of ["1", "2"]) await q.insert(main, queue, data);
    await q.rotateStep1(main, queue);
    for (const data of ["3", "4"]) await q.insert(main, queue, data);
    await q.rotateStep2(main);
    for (const data of ["5", "6"]) await q.insert(main, queue, data);
    await q.tick(main, queue);

    const batch = (await q.nextBatch(main, queue, "c"))!;

    expect(await q.batchData(main, batch)).toEqual(["1", "2", "3", "4", "5", "6"]);
  });

  test("two tables are enough", async () => {
    await newQueue(2);
    const delivered: string[] = [];
    for (const round of [1, 2, 3, 4, 5]) {
      await q.insert(main, queue, `before ${round}`);
      await q.rotateStep1(main, queue);
      await q.insert(main, queue, `between ${round}`);
      await q.rotateStep2(main);
      delivered.push(...(await q.tickAndTakeAll(main, queue, "c")));
    }
    expect(delivered).toEqual([1, 2, 3, 4, 5].flatMap((round) => [`before ${round}`, `between ${round}`]));
  });

  test("an event that comes back after a rotation reaches its owner only", async () => {
    await newQueue();
    await main.query("select pgq.register_consumer($1, 'bystander')", [queue]);
    await q.insert(main, queue, "again");
    await q.tick(main, queue);
    const batch = (await q.nextBatch(main, queue, "c"))!;
    const eventId = await q.value<string>(main, "select ev_id from pgq.get_batch_events($1)", [batch]);
    await main.query("select pgq.event_retry($1::bigint, $2::bigint, 0)", [batch, eventId]);
    await q.finish(main, batch);
    await q.takeAll(main, queue, "bystander");
    for (const consumer of ["c", "bystander"]) await q.tickAndTakeAll(main, queue, consumer);
    expect(await q.rotate(main, queue)).toBe(true);
    for (const consumer of ["c", "bystander"]) await q.tickAndTakeAll(main, queue, consumer);
    expect(await q.rotate(main, queue)).toBe(true);

    expect(await q.value(main, "select pgq.maint_retry_events()")).toBe(1);

    expect(await q.tickAndTakeAll(main, queue, "c")).toEqual(["again"]);
    expect(await q.takeAll(main, queue, "bystander")).toEqual([]);
  });
});
