// Idempotency keys: an event with a key that was used not long ago is not inserted again.
import type pg from "pg";
import { describe, expect, test } from "vitest";
import { createDatabase, majors } from "../harness/database.ts";
import { backendPid, untilBlocked } from "../harness/sessions.ts";
import { consume, createQueue, tick, value } from "./queue-steps.ts";

interface Once {
  readonly ev_id: string;
  readonly is_new: boolean;
}

async function once(client: pg.Client, key: string, data: string, lifetime: string | null = "1 day"): Promise<Once> {
  const { rows } = await client.query<Once>("select * from pgq.insert_event_once('q', $1, 't', $2, i_lifetime => $3)", [
    key,
    data,
    lifetime,
  ]);
  return rows[0]!;
}

function many(client: pg.Client, keys: readonly (string | null)[]): Promise<string[]> {
  return value<string[]>(client, "select pgq.insert_events_once('q', $1, $2, $3)", [
    keys,
    keys.map(() => "t"),
    keys.map((key, i) => `${key ?? "none"}${i}`),
  ]);
}

async function inQueue(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query<{ ev_data: string }>("select ev_data from pgq.event_1 order by ev_id");
  return rows.map((row) => row.ev_data);
}

const refused: readonly (readonly [string, string])[] = [
  [
    "select pgq.insert_event_once('q', null, 't', 'd')",
    "insert_event_once: i_key must be a text of at most 2000 bytes",
  ],
  ["select pgq.insert_event_once('q', repeat('k', 2001), 't', 'd')", "insert_event_once: i_key must be a text"],
  [
    "select pgq.insert_event_once('q', 'k', 't', 'd', i_lifetime => '0')",
    "insert_event_once: i_lifetime must be positive",
  ],
  ["select pgq.insert_event_once('nope', 'k', 't', 'd')", "No such queue"],
  ["select pgq.insert_event_once(null, 'k', 't', 'd')", "Queue name must not be NULL"],
  [
    "select pgq.insert_events_once('q', '{k}', '{t,t}', '{d}')",
    "insert_events_once: i_types has 2 elements, i_keys has 1",
  ],
  ["select pgq.insert_events_once('q', '{k}', '{t}', null)", "insert_events_once: i_keys and i_datas must not be NULL"],
  ["select pgq.insert_events_once('q', '{k}', '{t}', '{d}', '{}')", "insert_events_once: i_extra1s has 0 elements"],
  ["select pgq.insert_events_once('q', array[repeat('k', 2001)], '{t}', '{d}')", "insert_events_once: a key must have"],
  ["select pgq.insert_events_once('q', '{k}', '{t}', '{d}', i_lifetime => '-1 s')", "i_lifetime must be positive"],
  ["select pgq.insert_events_once('nope', '{k}', '{t}', '{d}')", "No such queue"],
];

describe.each(majors())("on PostgreSQL %i", (major) => {
  test("the second event with a key is not inserted and gets the id of the first", async () => {
    await using db = await createDatabase(major);
    const client = await db.connect();
    await createQueue(client, "q", "c");

    const [first, again, other] = [
      await once(client, "k", "a"),
      await once(client, "k", "b"),
      await once(client, "l", "c"),
    ];
    await tick(client, "q");

    expect([first.is_new, again, other.is_new]).toEqual([true, { ev_id: first.ev_id, is_new: false }, true]);
    expect(await consume(client, "q", "c")).toEqual(["a", "c"]);
  });

  test("the same key in another queue is another key", async () => {
    await using db = await createDatabase(major);
    const client = await db.connect();
    await createQueue(client, "q", "c");
    await createQueue(client, "r", "c");
    await once(client, "k", "a");

    expect(await value<boolean>(client, "select is_new from pgq.insert_event_once('r', 'k', 't', 'd')")).toBe(true);
  });

  test("all fields of an event with a key arrive", async () => {
    await using db = await createDatabase(major);
    const client = await db.connect();
    await createQueue(client, "q", "c");
    await client.query("select pgq.insert_event_once('q', 'k', 't', 'd', 'x1', 'x2', 'x3', 'x4')");
    await client.query(
      "select pgq.insert_events_once('q', '{m,null}', '{t1,t2}', '{d1,d2}', '{a,b}', '{c,d}', null, '{null,f}')",
    );

    const { rows } = await client.query<{ e: unknown }>(
      "select array[ev_type, ev_data, ev_extra1, ev_extra2, ev_extra3, ev_extra4] as e from pgq.event_1 order by ev_id",
    );

    expect(rows.map((row) => row.e)).toEqual([
      ["t", "d", "x1", "x2", "x3", "x4"],
      ["t1", "d1", "a", "c", null, null],
      ["t2", "d2", "b", "d", null, "f"],
    ]);
  });

  test("a key that has expired is free again, before and after maintenance", async () => {
    await using db = await createDatabase(major);
    const client = await db.connect();
    await createQueue(client, "q", "c");
    const first = await once(client, "k", "a", "1 hour");
    await once(client, "gone", "b", "1 hour");
    await once(client, "forever", "c", null);
    await client.query("update pgq.event_key set ek_expire = ek_expire - interval '2 hours'");

    const operations = await value<string>(
      client,
      "select func_name from pgq.maint_operations() where func_name ~ 'key'",
    );
    const second = await once(client, "k", "d", "1 hour");
    const deleted = await value<number>(client, "select pgq.maint_event_keys()");

    expect(operations).toBe("pgq.maint_event_keys");
    expect([second.is_new, second.ev_id === first.ev_id, deleted]).toEqual([true, false, 1]);
    expect((await once(client, "gone", "e")).is_new).toBe(true);
    expect((await once(client, "forever", "f")).is_new).toBe(false);
    expect(await inQueue(client)).toEqual(["a", "b", "c", "d", "e"]);
    expect(await value(client, "select count(*) from pgq.maint_operations() where func_name ~ 'key'")).toBe("0");
  });

  test("the second producer of a key waits for the first one's commit and gets its event", async () => {
    await using db = await createDatabase(major);
    const [one, two] = [await db.connect(), await db.connect()];
    await createQueue(one, "q", "c");
    const pid = await backendPid(two);

    await one.query("begin");
    const first = await once(one, "k", "a");
    const second = once(two, "k", "b");
    await untilBlocked(one, pid);
    await one.query("commit");

    expect(await second).toEqual({ ev_id: first.ev_id, is_new: false });
    expect(await inQueue(one)).toEqual(["a"]);
  });

  test("the second producer of a key inserts when the first one rolls back", async () => {
    await using db = await createDatabase(major);
    const [one, two] = [await db.connect(), await db.connect()];
    await createQueue(one, "q", "c");
    const pid = await backendPid(two);

    await one.query("begin");
    await once(one, "k", "a");
    const second = once(two, "k", "b");
    await untilBlocked(one, pid);
    await one.query("rollback");

    expect((await second).is_new).toBe(true);
    expect(await inQueue(one)).toEqual(["b"]);
  });

  test("two bulk producers with the same keys in opposite order do not deadlock, and each key comes once", async () => {
    await using db = await createDatabase(major);
    const [one, two] = [await db.connect(), await db.connect()];
    await createQueue(one, "q", "c");
    const pid = await backendPid(two);

    await one.query("begin");
    const first = await many(one, ["a", "b", "x"]);
    const second = many(two, ["y", "b", "a", null]);
    await untilBlocked(one, pid);
    await one.query("commit");

    const ids = await second;
    expect(ids.slice(1, 3)).toEqual([first[1], first[0]]);
    expect((await inQueue(one)).sort()).toEqual(["a0", "b1", "none3", "x2", "y0"]);
    const { rows } = await one.query<{ id: string }>(
      "select ev_id as id from pgq.event_1 where ev_data in ('y0', 'none3') order by ev_data desc",
    );
    expect([ids[0], ids[3]]).toEqual(rows.map((row) => row.id));
  });

  test("in repeatable read a key of a later commit is a serialization failure, not a second event", async () => {
    await using db = await createDatabase(major);
    const [one, two] = [await db.connect(), await db.connect()];
    await createQueue(one, "q", "c");

    await two.query("begin isolation level repeatable read");
    await two.query("select 1 from pgq.queue");
    await once(one, "k", "a");
    const failure = await once(two, "k", "b").catch((error: unknown) => error as { code: string });
    await two.query("rollback");

    expect(failure).toMatchObject({ code: "40001" });
    expect(await once(two, "k", "b")).toMatchObject({ is_new: false });
  });

  test("in bulk, known keys, repeated keys and events without key each get the right id", async () => {
    await using db = await createDatabase(major);
    const client = await db.connect();
    await createQueue(client, "q", "c");
    const known = (await once(client, "known", "old")).ev_id;

    const ids = await many(client, ["z", "known", "a", null, "a", "z", null]);

    expect(ids[1]).toBe(known);
    expect([ids[4], ids[5]]).toEqual([ids[2], ids[0]]);
    const { rows } = await client.query<{ id: string; data: string }>(
      "select ev_id as id, ev_data as data from pgq.event_1 where ev_data <> 'old' order by ev_id",
    );
    expect(rows).toEqual([
      { id: ids[0], data: "z0" },
      { id: ids[2], data: "a2" },
      { id: ids[3], data: "none3" },
      { id: ids[6], data: "none6" },
    ]);
  });

  test("nothing is inserted in bulk when all keys are known or no events are given", async () => {
    await using db = await createDatabase(major);
    const client = await db.connect();
    await createQueue(client, "q", "c");
    const first = await many(client, ["a", "b"]);
    await client.query("update pgq.queue set queue_disable_insert = true");

    expect([await many(client, ["b", "a"]), await many(client, [])]).toEqual([[first[1], first[0]], []]);
    await expect(many(client, ["b", "new"])).rejects.toThrow("Insert into queue disallowed");
    expect(await value<string>(client, "select count(*) from pgq.event_key")).toBe("2");
  });

  test("five thousand keys go in with one call, and again for nothing", async () => {
    await using db = await createDatabase(major);
    const client = await db.connect();
    await createQueue(client, "q", "c");
    const keys = Array.from({ length: 5000 }, (_, i) => `key-${i % 4000}`);

    const first = await many(client, keys);
    const second = await many(client, keys);

    expect(new Set(first).size).toBe(4000);
    expect(second).toEqual(first);
    expect((await inQueue(client)).length).toBe(4000);
  });

  test.each(refused)("an event with a key is refused: %s", async (sql, message) => {
    await using db = await createDatabase(major);
    const client = await db.connect();
    await createQueue(client, "q", "c");

    await expect(client.query(sql)).rejects.toThrow(message);
  });

  test("a queue takes its keys with it", async () => {
    await using db = await createDatabase(major);
    const client = await db.connect();
    await createQueue(client, "q", "c");
    await once(client, "k", "a");

    await client.query("select pgq.drop_queue('q', true)");

    expect(await value<string>(client, "select count(*) from pgq.event_key")).toBe("0");
  });
});
