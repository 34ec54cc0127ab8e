// pgq.insert_events: many events in one call.
import { describe, expect, test } from "vitest";
import { createDatabase, majors } from "../harness/database.ts";
import { value } from "./queue-steps.ts";

const EVENTS = `select array[ev_type, ev_data, ev_extra1, ev_extra2, ev_extra3, ev_extra4] as e from pgq.event_1 order by ev_id`;

const wrong: readonly (readonly [string, string])[] = [
  ["select pgq.insert_events('q', '{a,b}', '{a}')", "insert_events: i_datas has 1 elements, i_types has 2"],
  [
    "select pgq.insert_events('q', '{a}', '{a}', i_extra3s => '{}')",
    "insert_events: i_extra3s has 0 elements, i_types has 1",
  ],
  ["select pgq.insert_events('q', null, '{a}')", "insert_events: i_types and i_datas must not be NULL"],
  [
    "select pgq.insert_events('q', '{{a,b},{c,d}}', '{a,b,c,d}')",
    "insert_events: i_types must have one dimension, not 2",
  ],
  ["select pgq.insert_events('nope', '{a}', '{a}')", "No such queue"],
  ["select pgq.insert_events(null, '{a}', '{a}')", "Queue name must not be NULL"],
  [
    `select pgq.insert_events('q', '{"type": "a"}'::json)`,
    "insert_events: i_events must be an array of objects, not object",
  ],
  ["select pgq.insert_events('q', null::json)", "insert_events: i_events must be an array of objects, not NULL"],
  [
    `select pgq.insert_events('q', '[{}, 5]'::json)`,
    "insert_events: element 2 of i_events is not an object but number",
  ],
  [
    `select pgq.insert_events('q', '[{}, {"typ": 1}]'::json)`,
    'insert_events: element 2 of i_events has an unknown key "typ"',
  ],
];

describe.each(majors())("on PostgreSQL %i", (major) => {
  test("arrays come out as events with ids in the order of the arrays", async () => {
    await using db = await createDatabase(major);
    const client = await db.connect();
    await client.query("select pgq.create_queue('q')");

    const ids = await value<string[]>(client, "select pgq.insert_events('q', $1, $2, i_extra2s => $3)", [
      ["t1", null, "t3"],
      ["d1", "d2", null],
      [null, "x2", "x3"],
    ]);

    expect(ids).toEqual(["1", "2", "3"]);
    const { rows } = await client.query<{ e: unknown }>(EVENTS);
    expect(rows.map((row) => row.e)).toEqual([
      ["t1", "d1", null, null, null, null],
      [null, "d2", null, "x2", null, null],
      ["t3", null, null, "x3", null, null],
    ]);
  });

  test("json objects come out as events, data that is no string as its JSON text", async () => {
    await using db = await createDatabase(major);
    const client = await db.connect();
    await client.query("select pgq.create_queue('q')");
    const events = `[{"type": "a", "data": "text"}, {"data": {"k":  [1, 2.0]}, "extra4": "x"}, {"data": null}, {}, {"data": 5}]`;

    const ids = await value<string[]>(client, "select pgq.insert_events('q', $1::json)", [events]);

    expect(ids).toEqual(["1", "2", "3", "4", "5"]);
    const { rows } = await client.query<{ e: unknown }>(EVENTS);
    expect(rows.map((row) => row.e)).toEqual([
      ["a", "text", null, null, null, null],
      [null, '{"k":  [1, 2.0]}', null, null, null, "x"],
      [null, null, null, null, null, null],
      [null, null, null, null, null, null],
      [null, "5", null, null, null, null],
    ]);
  });

  test("no events are no error and no ids", async () => {
    await using db = await createDatabase(major);
    const client = await db.connect();
    await client.query("select pgq.create_queue('q')");

    expect(await value(client, "select pgq.insert_events('q', '{}', '{}')")).toEqual([]);
    expect(await value(client, "select pgq.insert_events('q', '[]'::json)")).toEqual([]);
  });

  test("a disabled queue and the limit of a transaction hold for bulk inserts too", async () => {
    await using db = await createDatabase(major);
    const client = await db.connect();
    await client.query("select pgq.create_queue('q')");

    await client.query("update pgq.queue set queue_per_tx_limit = 3");
    await client.query("select pgq.insert_events('q', '{a,b,c}', '{a,b,c}')");
    await expect(client.query("select pgq.insert_events('q', '{a,b,c,d}', '{a,b,c,d}')")).rejects.toThrow(
      "Queue 'q' allows max 3 events from one TX",
    );
    await client.query("update pgq.queue set queue_disable_insert = true");
    await expect(client.query("select pgq.insert_events('q', '{a}', '{a}')")).rejects.toThrow(
      "Insert into queue disallowed",
    );

    expect(await value(client, "select count(*)::int from pgq.event_1")).toBe(3);
  });

  test.each(wrong)("%s is refused: %s", async (sql, message) => {
    await using db = await createDatabase(major);
    const client = await db.connect();
    await client.query("select pgq.create_queue('q')");

    await expect(client.query(sql)).rejects.toThrow(message);

    expect(await value(client, "select count(*)::int from pgq.event_1")).toBe(0);
  });
});
