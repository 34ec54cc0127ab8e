// pgq.event_retry_many: many events set aside with one reading of the batch.
import type pg from "pg";
import { describe, expect, test } from "vitest";
import { createDatabase, majors } from "../harness/database.ts";
import { consume, createQueue, tick, value } from "./queue-steps.ts";

/** Ten events with the ids and data 1 to 10, in an open batch. */
async function openBatch(client: pg.Client): Promise<string> {
  await createQueue(client, "q", "c");
  await client.query("select pgq.insert_events('q', array_fill('t'::text, '{10}'), '{1,2,3,4,5,6,7,8,9,10}')");
  await tick(client, "q");
  return value<string>(client, "select pgq.next_batch('q', 'c')");
}

const wrong: readonly (readonly [string, string])[] = [
  ["select pgq.event_retry_many(999, '{1}', '{0}')", "batch not found"],
  ["select pgq.event_retry_many(null, '{1}', '{0}')", "batch not found"],
  ["select pgq.event_retry_many(1, '{1,77}', '{0,0}')", "event not found"],
  ["select pgq.event_retry_many(1, '{null}', '{0}')", "event not found"],
  [
    "select pgq.event_retry_many(1, '{1,2}', '{0}')",
    "event_retry_many: i_retry_seconds has 1 elements, i_event_ids has 2",
  ],
  ["select pgq.event_retry_many(1, null, '{}')", "event_retry_many: i_event_ids and i_retry_seconds must not be NULL"],
  [
    "select pgq.event_retry_many(1, '{{1},{2}}', '{0,0}')",
    "event_retry_many: i_event_ids and i_retry_seconds must have one dimension",
  ],
];

describe.each(majors())("on PostgreSQL %i", (major) => {
  test("events set aside together come back when their own delays are over, with a retry count", async () => {
    await using db = await createDatabase(major);
    const client = await db.connect();
    const batch = await openBatch(client);

    const count = await value<number>(client, "select pgq.event_retry_many($1, '{9,2,5}', '{0,-7,3600}')", [batch]);
    await client.query("select pgq.finish_batch($1)", [batch]);
    await client.query("select pgq.maint_retry_events()");
    await tick(client, "q");

    expect(count).toBe(3);
    expect(await consume(client, "q", "c")).toEqual(["2", "9"]);
    const { rows } = await client.query("select ev_id, ev_retry, ev_retry_after > now() as later from pgq.retry_queue");
    expect(rows).toEqual([{ ev_id: "5", ev_retry: 1, later: true }]);
  });

  test("an event that is set aside already, or named twice, counts once", async () => {
    await using db = await createDatabase(major);
    const client = await db.connect();
    const batch = await openBatch(client);
    await client.query("select pgq.event_retry($1, 3, 3600)", [batch]);

    const count = await value<number>(client, "select pgq.event_retry_many($1, '{3,4,4}', '{0,3600,0}')", [batch]);

    expect(count).toBe(1);
    const { rows } = await client.query(
      "select ev_id, ev_retry_after > now() as later from pgq.retry_queue order by ev_id",
    );
    expect(rows).toEqual([
      { ev_id: "3", later: true },
      { ev_id: "4", later: true },
    ]);
  });

  test("no events are set aside when none are named", async () => {
    await using db = await createDatabase(major);
    const client = await db.connect();
    const batch = await openBatch(client);

    expect(await value<number>(client, "select pgq.event_retry_many($1, '{}', '{}')", [batch])).toBe(0);
  });

  test.each(wrong)("setting many aside is refused and changes nothing: %s", async (sql, message) => {
    await using db = await createDatabase(major);
    const client = await db.connect();
    await openBatch(client);

    await expect(client.query(sql)).rejects.toThrow(message);

    expect(await value<string>(client, "select count(*) from pgq.retry_queue")).toBe("0");
  });
});
