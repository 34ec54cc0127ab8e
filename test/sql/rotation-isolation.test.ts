// No event is lost when a producer's snapshot is older than a rotation.
import type pg from "pg";
import { describe, expect, test } from "vitest";
import { createDatabase, majors } from "../harness/database.ts";
import { consume, createQueue, rotate, tick, value } from "./queue-steps.ts";

const ways: Readonly<Record<string, (db: pg.Client) => Promise<void>>> = {
  insert_event: async (db) => {
    await db.query("select pgq.insert_event('q', 't', 'late')");
  },
  "bulk insert": async (db) => {
    await db.query("select pgq.insert_events('q', '{t}', '{late}')");
  },
  current_event_table: async (db) => {
    const table = await value<string>(db, "select pgq.current_event_table('q')");
    await db.query(`insert into ${table} (ev_time, ev_type, ev_data) values (now(), 't', 'late')`);
  },
};
const levels = ["read committed", "repeatable read", "serializable"];
const cases = levels.flatMap((level) => Object.keys(ways).map((way) => [level, way] as const));

describe.each(majors())("on PostgreSQL %i", (major) => {
  test.each(cases)(
    "a %s producer whose snapshot is older than a rotation reaches the consumer by %s",
    async (level, way) => {
      await using db = await createDatabase(major);
      const [admin, producer] = [await db.connect(), await db.connect()];
      await createQueue(admin, "q", "c");

      await producer.query(`begin isolation level ${level}`);
      await producer.query("select count(*) from pgq.queue"); // the snapshot, without a transaction id
      await rotate(admin, "q");
      await tick(admin, "q");
      await consume(admin, "q", "c");
      await ways[way]!(producer);
      await producer.query("commit");
      await tick(admin, "q");

      expect(await consume(admin, "q", "c")).toEqual(["late"]);
    },
  );

  test("a transaction that began before the rotation and writes after it is read from either table", async () => {
    await using db = await createDatabase(major);
    const [admin, producer] = [await db.connect(), await db.connect()];
    await createQueue(admin, "q", "c");

    await producer.query("begin isolation level repeatable read");
    await producer.query("select pgq.insert_event('q', 't', 'before')");
    await rotate(admin, "q");
    await tick(admin, "q");
    await producer.query("select pgq.insert_event('q', 't', 'after')");
    await producer.query("commit");
    await tick(admin, "q");

    expect(await consume(admin, "q", "c")).toEqual(["before", "after"]);
  });

  test("a queue without helpers answers a strict producer with a serialization failure instead of losing its event", async () => {
    await using db = await createDatabase(major);
    const [admin, producer] = [await db.connect(), await db.connect()];
    await createQueue(admin, "q", "c");
    await admin.query("drop sequence pgq.queue_1_switch_seq");

    await producer.query("begin isolation level repeatable read");
    await producer.query("select count(*) from pgq.queue");
    await rotate(admin, "q");

    await expect(producer.query("select pgq.insert_event('q', 't', 'late')")).rejects.toMatchObject({ code: "40001" });
  });
});
