// What happens when two sessions do the same thing at the same moment.
import type pg from "pg";
import { describe, expect, test } from "vitest";
import { createDatabase, majors } from "../harness/database.ts";
import { until } from "../harness/until.ts";
import { consume, createQueue, tick, value } from "./queue-steps.ts";

/** Waits until a session waits for a lock. */
async function untilBlocked(observer: pg.Client, blocked: pg.Client): Promise<void> {
  const pid = (blocked as unknown as { processID: number }).processID;
  await until(() => value<boolean>(observer, "select cardinality(pg_blocking_pids($1)) > 0", [pid]), {
    what: "blocked",
  });
}

describe.each(majors())("on PostgreSQL %i", (major) => {
  test("two sessions of one consumer get the same batch", async () => {
    await using db = await createDatabase(major);
    const [a, b, observer] = [await db.connect(), await db.connect(), await db.connect()];
    await createQueue(a, "q", "c");
    await tick(a, "q");

    await a.query("begin");
    const first = await value<string>(a, "select pgq.next_batch('q', 'c')");
    const second = value<string>(b, "select pgq.next_batch('q', 'c')");
    await untilBlocked(observer, b);
    await a.query("commit");

    expect(await second).toBe(first);
  });

  test("ticks of one queue are made one after the other, so that snapshots grow with their ids", async () => {
    await using db = await createDatabase(major);
    const [a, b, observer] = [await db.connect(), await db.connect(), await db.connect()];
    await createQueue(a, "q", "c");
    await a.query("select pgq.force_tick('q')");

    await a.query("begin");
    const first = await value<string>(a, "select pgq.ticker('q')");
    const second = value<string | null>(b, "select pgq.ticker('q')");
    await untilBlocked(observer, b);
    await a.query("commit");

    expect(first).toBe("2");
    expect(await second).toBeNull(); // sees the first one's tick, nothing is due any more
  });

  test("events of the transaction that makes the queue, or ticks it, are delivered whoever commits meanwhile", async () => {
    await using db = await createDatabase(major);
    const [a, b] = [await db.connect(), await db.connect()];
    const younger = () => b.query("select txid_current()");

    await a.query("begin");
    await a.query("select txid_current()");
    await younger();
    await createQueue(a, "q", "c");
    await a.query("select pgq.insert_event('q', 't', 'first')");
    await younger();
    await tick(a, "q");
    await a.query("select pgq.insert_event('q', 't', 'second')");
    await a.query("commit");
    await tick(a, "q");

    expect(await consume(a, "q", "c")).toEqual(["first", "second"]);
  });

  test("producers go on while a queue's helpers are made and while it rotates", async () => {
    await using db = await createDatabase(major);
    const [a, b] = [await db.connect(), await db.connect()];
    await createQueue(a, "q", "c");
    await a.query("drop sequence pgq.queue_1_switch_seq");

    await a.query("begin");
    await a.query("select pgq.upgrade_schema()");
    const id = await value<string>(b, "select pgq.insert_event('q', 't', 'd')");
    await a.query("commit");

    expect(id).toBe("1");
  });

  test("two sessions that create the same queue make one", async () => {
    await using db = await createDatabase(major);
    const [a, b, observer] = [await db.connect(), await db.connect(), await db.connect()];

    await a.query("begin");
    const first = await value<number>(a, "select pgq.create_queue('q')");
    const second = value<number>(b, "select pgq.create_queue('q')");
    await untilBlocked(observer, b);
    await a.query("commit");

    expect([first, await second]).toEqual([1, 0]);
  });

  test("a queue that was created while another one was being dropped takes events, and maintenance speeds it up", async () => {
    await using db = await createDatabase(major);
    const [a, b] = [await db.connect(), await db.connect()];

    await a.query("select pgq.create_queue('gone')");
    await a.query("begin");
    await a.query("select pgq.drop_queue('gone')");
    await b.query("select pgq.create_queue('q')");
    await a.query("commit");
    const id = await value<string>(b, "select pgq.insert_event('q', 't', 'd')");
    const listed = await b.query("select func_name from pgq.maint_operations()");
    await b.query("select pgq.maint_queue_helpers()");
    const after = await b.query("select func_name from pgq.maint_operations()");

    expect(id).toBe("1");
    expect([listed.rows, after.rows]).toEqual([[{ func_name: "pgq.maint_queue_helpers" }], []]);
  });
});
