// Delayed events: given now, in the queue when they are due.
import type pg from "pg";
import { describe, expect, test } from "vitest";
import { createDatabase, majors } from "../harness/database.ts";
import { consume, createQueue, tick, value } from "./queue-steps.ts";

function insertAt(client: pg.Client, queue: string, delay: string, data: string): Promise<string> {
  return value<string>(client, "select pgq.insert_event_at($1, clock_timestamp() + $2::interval, 't', $3)", [
    queue,
    delay,
    data,
  ]);
}

/** Time passes: everything delayed is due that much earlier. */
async function shift(client: pg.Client, interval: string): Promise<void> {
  await client.query("update pgq.delayed_event set de_due = de_due - $1::interval", [interval]);
}

function move(client: pg.Client): Promise<number> {
  return value<number>(client, "select pgq.maint_delayed_events()");
}

async function waiting(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query<{ ev_data: string }>("select ev_data from pgq.get_delayed_events(null)");
  return rows.map((row) => row.ev_data);
}

async function maintenance(client: pg.Client): Promise<(string | null)[][]> {
  const { rows } = await client.query<(string | null)[]>({
    text: "select func_name, func_arg from pgq.maint_operations() where func_name ~ 'delayed'",
    rowMode: "array",
  });
  return rows;
}

const refused: readonly (readonly [string, string])[] = [
  ["select pgq.insert_event_at('q', null, 't', 'd')", "insert_event_at: i_due must be a time, not NULL"],
  ["select pgq.insert_event_at('q', 'infinity', 't', 'd')", "insert_event_at: i_due must be a time, not infinity"],
  ["select pgq.insert_event_at('nope', now() + '1 h', 't', 'd')", "No such queue"],
  ["select pgq.insert_event_at('nope', now() - interval '1 h', 't', 'd')", "No such queue"],
  ["select pgq.insert_event_at(null, now() + '1 h', 't', 'd')", "Queue name must not be NULL"],
];

describe.each(majors())("on PostgreSQL %i", (major) => {
  test("a delayed event comes when it is due, with the id that was returned and its due time", async () => {
    await using db = await createDatabase(major);
    const client = await db.connect();
    await createQueue(client, "q", "c");

    const id = await value<string>(
      client,
      "select pgq.insert_event_at('q', now() + interval '1 hour', 't', 'd', 'x1', 'x2', i_extra4 => 'x4')",
    );
    await client.query("select pgq.insert_event('q', 't', 'now')");
    const early = await move(client);
    await shift(client, "1 hour");
    const due = await value<string>(client, "select de_due::text from pgq.delayed_event");
    const moved = [await move(client), await move(client)];
    await tick(client, "q");
    const batch = await value<string>(client, "select pgq.next_batch('q', 'c')");
    const { rows } = await client.query(
      "select ev_id, ev_time::text, ev_retry, ev_type, ev_data, ev_extra1, ev_extra2, ev_extra3, ev_extra4 from pgq.get_batch_events($1)",
      [batch],
    );

    expect([early, moved]).toEqual([0, [1, 0]]);
    expect(rows[0]).toEqual({
      ev_id: id,
      ev_time: due,
      ev_retry: null,
      ev_type: "t",
      ev_data: "d",
      ev_extra1: "x1",
      ev_extra2: "x2",
      ev_extra3: null,
      ev_extra4: "x4",
    });
    expect(rows.map((row: { ev_data: string }) => row.ev_data)).toEqual(["d", "now"]);
  });

  test("an event due in the past is in the queue at once, under the id returned", async () => {
    await using db = await createDatabase(major);
    const client = await db.connect();
    await createQueue(client, "q", "c");

    const ids = [
      await insertAt(client, "q", "-1 hour", "late"),
      await value(client, "select pgq.insert_event_at('q', '-infinity', 't', 'ever')"),
    ];

    const { rows } = await client.query<{ ev_id: string }>("select ev_id from pgq.event_1 order by ev_id");
    expect(rows.map((row) => row.ev_id)).toEqual(ids);
    expect(await waiting(client)).toEqual([]);
  });

  test("a delayed event whose transaction is rolled back never comes", async () => {
    await using db = await createDatabase(major);
    const client = await db.connect();
    await createQueue(client, "q", "c");

    await client.query("begin");
    await insertAt(client, "q", "1 hour", "undone");
    await client.query("rollback");

    expect(await waiting(client)).toEqual([]);
  });

  test.each(refused)("a delayed event is refused: %s", async (sql, message) => {
    await using db = await createDatabase(major);
    const client = await db.connect();
    await createQueue(client, "q", "c");

    await expect(client.query(sql)).rejects.toThrow(message);
  });

  test("a delayed event is cancelled once, and not when it has come or belongs to another queue", async () => {
    await using db = await createDatabase(major);
    const client = await db.connect();
    await createQueue(client, "q", "c");
    await client.query("select pgq.create_queue('other')");
    const kept = await insertAt(client, "q", "1 minute", "kept");
    const cancelled = await insertAt(client, "q", "1 hour", "cancelled");
    const cancel = (queue: string, id: string) =>
      value<boolean>(client, "select pgq.cancel_delayed_event($1, $2)", [queue, id]);

    const answers = [await cancel("other", cancelled), await cancel("q", cancelled), await cancel("q", cancelled)];
    await shift(client, "1 hour");
    await move(client);

    expect([...answers, await cancel("q", kept), await cancel("nope", kept)]).toEqual([
      false,
      true,
      false,
      false,
      false,
    ]);
  });

  test("a cancellation that is not committed yet is not overtaken", async () => {
    await using db = await createDatabase(major);
    const [client, other] = [await db.connect(), await db.connect()];
    await createQueue(client, "q", "c");
    const first = await insertAt(client, "q", "1 minute", "first");
    await insertAt(client, "q", "2 minutes", "second");
    await shift(client, "1 hour");

    await other.query("begin");
    await other.query("select pgq.cancel_delayed_event('q', $1)", [first]);
    const moved = await move(client);
    await other.query("rollback");

    expect([moved, await move(client)]).toEqual([1, 1]);
    await tick(client, "q");
    expect(await consume(client, "q", "c")).toEqual(["first", "second"]);
  });

  test("two movers at once do not wait for each other and move each event once", async () => {
    await using db = await createDatabase(major);
    const [client, other] = [await db.connect(), await db.connect()];
    await createQueue(client, "q", "c");
    await client.query(
      "select pgq.insert_event_at('q', now() + interval '1 hour', 't', g::text) from generate_series(1, 1500) g",
    );
    await shift(client, "2 hours");

    await other.query("begin");
    const counts = [await move(other), await move(client), await move(client)];
    await other.query("commit");
    await tick(client, "q");

    expect(counts).toEqual([1000, 500, 0]);
    expect(new Set(await consume(client, "q", "c")).size).toBe(1500);
  });

  test("a mover that dies before its commit loses nothing", async () => {
    await using db = await createDatabase(major);
    const [client, other] = [await db.connect(), await db.connect()];
    await createQueue(client, "q", "c");
    await insertAt(client, "q", "1 minute", "safe");
    await shift(client, "1 hour");

    await other.query("begin");
    await move(other);
    const pid = await value<number>(other, "select pg_backend_pid()");
    await client.query("select pg_terminate_backend($1, 10000)", [pid]);

    expect(await move(client)).toBe(1);
  });

  test("a queue that takes no inserts keeps its events and does not hold up the others", async () => {
    await using db = await createDatabase(major);
    const client = await db.connect();
    await createQueue(client, "closed", "c");
    await createQueue(client, "q", "c");
    await insertAt(client, "closed", "1 minute", "kept");
    await insertAt(client, "q", "2 minutes", "moved");
    await client.query("update pgq.queue set queue_disable_insert = true where queue_name = 'closed'");
    await expect(insertAt(client, "closed", "1 minute", "refused")).rejects.toThrow("Insert into queue disallowed");
    await shift(client, "1 hour");

    const moved = [await move(client), await move(client)];
    const nothing = await value(client, "select pgq.next_delayed_event()");
    const operations = await maintenance(client);
    await client.query("update pgq.queue set queue_disable_insert = false where queue_name = 'closed'");

    expect([moved, nothing, operations]).toEqual([[1, 0], null, []]);
    expect(await maintenance(client)).toEqual([["pgq.maint_delayed_events", null]]);
    expect(await move(client)).toBe(1);
  });

  test("a queue that fails keeps its events, is warned about, and does not hold up the others", async () => {
    await using db = await createDatabase(major);
    const client = await db.connect();
    const warnings: string[] = [];
    client.on("notice", (notice) => warnings.push(notice.message ?? ""));
    await createQueue(client, "broken", "c");
    await createQueue(client, "q", "c");
    await insertAt(client, "broken", "1 minute", "kept");
    await insertAt(client, "q", "2 minutes", "moved");
    await shift(client, "1 hour");
    await client.query("alter table pgq.event_1_0 add constraint never check (ev_data is null)");

    const moved = await move(client);
    await client.query("alter table pgq.event_1_0 drop constraint never");

    expect(moved).toBe(1);
    expect(warnings[0]).toContain("maint_delayed_events: queue broken failed:");
    expect(await move(client)).toBe(1);
  });

  test("a queue with a limit a transaction gets that many at a time", async () => {
    await using db = await createDatabase(major);
    const client = await db.connect();
    await createQueue(client, "q", "c");
    await client.query(
      "select pgq.insert_event_at('q', now() + interval '1 hour', 't', g::text) from generate_series(1, 5) g",
    );
    await client.query("update pgq.queue set queue_per_tx_limit = 2");
    await shift(client, "2 hours");

    expect([await move(client), await move(client), await move(client), await move(client)]).toEqual([2, 2, 1, 0]);
  });

  test("delayed events count for the limit of the transaction that gives them", async () => {
    await using db = await createDatabase(major);
    const client = await db.connect();
    await createQueue(client, "q", "c");
    await client.query("update pgq.queue set queue_per_tx_limit = 1");

    await client.query("begin");
    await insertAt(client, "q", "1 hour", "one");
    await expect(insertAt(client, "q", "1 hour", "two")).rejects.toThrow("allows max 1 events from one TX");
    await client.query("rollback");
  });

  test("a moved event makes the ticker tick", async () => {
    await using db = await createDatabase(major);
    const client = await db.connect();
    await createQueue(client, "q", "c");
    await client.query("update pgq.queue set queue_ticker_max_lag = '0'");
    await insertAt(client, "q", "1 hour", "wakes");
    await client.query("select pgq.ticker('q'), pgq.ticker('q')");
    await client.query("select pgq.ticker('q')");
    await consume(client, "q", "c");
    await shift(client, "2 hours");

    await move(client);
    await client.query("select pgq.ticker('q')");

    expect(await consume(client, "q", "c")).toEqual(["wakes"]);
  });

  test("the next due time is that of the earliest event of any queue", async () => {
    await using db = await createDatabase(major);
    const client = await db.connect();
    await createQueue(client, "q", "c");
    await client.query("select pgq.create_queue('r'), pgq.create_queue('s')");
    const before = await value(client, "select pgq.next_delayed_event()");
    await insertAt(client, "s", "3 hours", "third");
    await insertAt(client, "q", "2 hours", "second");
    await insertAt(client, "s", "1 hour", "first");

    expect(before).toBeNull();
    expect(
      await value<boolean>(
        client,
        "select pgq.next_delayed_event() between now() + interval '59 min' and now() + interval '1 h'",
      ),
    ).toBe(true);
    expect(await waiting(client)).toEqual(["first", "second", "third"]);
    expect(await value<string>(client, "select ev_data from pgq.get_delayed_events('s', 1)")).toBe("first");
    expect(await maintenance(client)).toEqual([]);
  });

  test("a queue takes its delayed events with it, also those that were given while it went", async () => {
    await using db = await createDatabase(major);
    const client = await db.connect();
    await createQueue(client, "q", "c");
    await insertAt(client, "q", "1 hour", "gone");
    await client.query("insert into pgq.delayed_event (de_queue, de_due, ev_id) values (99, now(), 1)");

    await client.query("select pgq.drop_queue('q', true)");
    const left = await value<string>(client, "select string_agg(de_queue::text, ',') from pgq.delayed_event");
    await move(client);

    expect(left).toBe("99");
    expect(await value<string>(client, "select count(*) from pgq.delayed_event")).toBe("0");
  });

  test("delayed events come through a rotation that happens while they wait", async () => {
    await using db = await createDatabase(major);
    const client = await db.connect();
    await createQueue(client, "q", "c");
    await insertAt(client, "q", "1 hour", "later");
    await client.query("update pgq.queue set queue_switch_time = now() - interval '1 day'");
    await tick(client, "q");
    await consume(client, "q", "c");
    await client.query("select pgq.maint_rotate_tables_step1('q')");
    await client.query("select pgq.maint_rotate_tables_step2()");
    await shift(client, "2 hours");

    await client.query("begin isolation level repeatable read");
    await move(client);
    await client.query("commit");
    await tick(client, "q");

    expect(await consume(client, "q", "c")).toEqual(["later"]);
  });
});
