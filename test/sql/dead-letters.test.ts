// Dead letters: events that a consumer gave up on are kept, listed, replayed to it, purged.
import type pg from "pg";
import { describe, expect, test } from "vitest";
import { createDatabase, majors } from "../harness/database.ts";
import { installSchema } from "../harness/schema-template.ts";
import { backendPid, untilBlocked } from "../harness/sessions.ts";
import { until } from "../harness/until.ts";
import { consume, createQueue, tick, value } from "./queue-steps.ts";

/** Gives the events up that have the data given, of a batch with the events a to e, and finishes it. */
async function giveUp(client: pg.Client, ids: string): Promise<void> {
  await client.query("select pgq.insert_events('q', '{t,t,t,t,t}', '{a,b,c,d,e}', '{1,2,3,4,5}')");
  await tick(client, "q");
  const batch = await value<string>(client, "select pgq.next_batch('q', 'c')");
  await client.query(
    "select pgq.event_dead($1, $2, array_fill('broken'::text, array[cardinality($2::bigint[])])), pgq.finish_batch($1)",
    [batch, ids],
  );
}

/** The ev_data of dead letters. */
async function dead(client: pg.Client, queue: string | null, consumer: string | null): Promise<string[]> {
  const { rows } = await client.query<{ ev_data: string }>("select ev_data from pgq.get_dead_letters($1, $2)", [
    queue,
    consumer,
  ]);
  return rows.map((row) => row.ev_data);
}

async function retryAndTick(client: pg.Client): Promise<void> {
  await client.query("select pgq.maint_retry_events()");
  await tick(client, "q");
}

const wrong: readonly (readonly [string, string])[] = [
  ["select pgq.event_dead(999, '{1}', '{x}')", "batch not found"],
  ["select pgq.event_dead((select sub_batch from pgq.subscription), '{1,88}', '{x,y}')", "event not found"],
  ["select pgq.event_dead(1, '{1,2}', '{x}')", "event_dead: i_reasons has 1 elements, i_event_ids has 2"],
  ["select pgq.event_dead(1, '{1}', null)", "event_dead: i_event_ids and i_reasons must not be NULL"],
  ["select pgq.replay_dead_letters('q', 'nobody')", "consumer not registered"],
  ["select pgq.replay_dead_letters('nope', 'c')", "consumer not registered"],
  ["select pgq.replay_dead_letters(null, null)", "consumer not registered"],
];

describe.each(majors())("on PostgreSQL %i", (major) => {
  test("a dead letter holds the whole event, its consumer, the time and the reason", async () => {
    await using db = await createDatabase(major);
    const client = await db.connect();
    await createQueue(client, "q", "c");
    await giveUp(client, "{2}");

    const { rows } = await client.query(
      `select dl_id, queue_name, consumer_name, dl_time <= now() as has_time, dl_reason, ev_id, ev_time < now() as ev_timed,
         ev_txid > 0 as has_txid, ev_retry, ev_type, ev_data, ev_extra1, ev_extra2 from pgq.get_dead_letters('q', 'c')`,
    );

    expect(rows).toEqual([
      {
        dl_id: "1",
        queue_name: "q",
        consumer_name: "c",
        has_time: true,
        dl_reason: "broken",
        ev_id: "2",
        ev_timed: true,
        has_txid: true,
        ev_retry: null,
        ev_type: "t",
        ev_data: "b",
        ev_extra1: "2",
        ev_extra2: null,
      },
    ]);
  });

  test("dead letters are listed by queue, by consumer, page by page", async () => {
    await using db = await createDatabase(major);
    const client = await db.connect();
    await createQueue(client, "other", "c");
    await createQueue(client, "q", "c");
    await giveUp(client, "{1,2,3,4}");

    const pages = await value<string[]>(
      client,
      `select array[(select string_agg(ev_data, '') from pgq.get_dead_letters('q', null, 0, 3)),
                    (select string_agg(ev_data, '') from pgq.get_dead_letters(null, 'c', 3, 3)),
                    (select string_agg(ev_data, '') from pgq.get_dead_letters(null, null, null, null))]`,
    );

    expect(pages).toEqual(["abc", "d", "abcd"]);
    expect(await dead(client, "other", "c")).toEqual([]);
    expect(await dead(client, "q", "d")).toEqual([]);
  });

  test("giving an event up twice keeps the first dead letter", async () => {
    await using db = await createDatabase(major);
    const client = await db.connect();
    await createQueue(client, "q", "c");
    await client.query("select pgq.insert_event('q', 't', 'a')");
    await tick(client, "q");
    const batch = await value<string>(client, "select pgq.next_batch('q', 'c')");

    const first = await value<number>(client, "select pgq.event_dead($1, '{1,1}', '{one,two}')", [batch]);
    const second = await value<number>(client, "select pgq.event_dead($1, '{1}', '{three}')", [batch]);

    expect([first, second]).toEqual([1, 0]);
    expect(await value<string>(client, "select string_agg(dl_reason, ',') from pgq.get_dead_letters('q', 'c')")).toBe(
      "one",
    );
  });

  test("a replayed dead letter comes to its consumer alone, with its retry count begun anew", async () => {
    await using db = await createDatabase(major);
    const client = await db.connect();
    await createQueue(client, "q", "c");
    await giveUp(client, "{2,4}");
    await client.query("select pgq.register_consumer('q', 'neighbour')");

    const replayed = await value<string>(client, "select pgq.replay_dead_letters('q', 'c')");
    await retryAndTick(client);
    const batch = await value<string>(client, "select pgq.next_batch('q', 'c')");
    const { rows } = await client.query("select ev_id, ev_retry, ev_data from pgq.get_batch_events($1)", [batch]);

    expect(replayed).toBe("2");
    expect(rows).toEqual([
      { ev_id: "2", ev_retry: null, ev_data: "b" },
      { ev_id: "4", ev_retry: null, ev_data: "d" },
    ]);
    expect(await consume(client, "q", "neighbour")).toEqual([]);
    expect(await dead(client, null, null)).toEqual([]);
  });

  test("single dead letters are replayed and purged by their numbers", async () => {
    await using db = await createDatabase(major);
    const client = await db.connect();
    await createQueue(client, "q", "c");
    await giveUp(client, "{1,2,3,4,5}");

    const replayed = await value<string>(client, "select pgq.replay_dead_letters('q', 'c', '{2,99}')");
    const purged = await value<string>(client, "select pgq.purge_dead_letters('q', 'c', '{1,2,5}')");

    expect([replayed, purged]).toEqual(["1", "2"]);
    expect(await dead(client, "q", "c")).toEqual(["c", "d"]);
  });

  test("purging takes only what is old enough and only of the consumer named", async () => {
    await using db = await createDatabase(major);
    const client = await db.connect();
    await createQueue(client, "q", "c");
    await giveUp(client, "{1,2,3}");
    await client.query("update pgq.dead_letter set dl_time = now() - interval '2 days' where ev_data = 'b'");

    const wrongConsumer = await value<string>(client, "select pgq.purge_dead_letters('q', 'x', null, '1 day')");
    const old = await value<string>(client, "select pgq.purge_dead_letters(null, null, null, '1 day')");
    const left = await dead(client, "q", "c");
    const all = await value<string>(client, "select pgq.purge_dead_letters('q', 'c')");

    expect([wrongConsumer, old, left, all]).toEqual(["0", "1", ["a", "c"], "2"]);
  });

  test.each(wrong)("giving up and replaying are refused: %s", async (sql, message) => {
    await using db = await createDatabase(major);
    const client = await db.connect();
    await createQueue(client, "q", "c");
    await giveUp(client, "{1}");
    await client.query("select pgq.insert_event('q', 't', 'x')");
    await tick(client, "q");
    await client.query("select pgq.next_batch('q', 'c')");

    await expect(client.query(sql)).rejects.toThrow(message);

    expect(await dead(client, "q", "c")).toEqual(["a"]);
  });

  test("a replay waits for one that is under way and does not give the same events again", async () => {
    await using db = await createDatabase(major);
    const [one, two, watcher] = [await db.connect(), await db.connect(), await db.connect()];
    await createQueue(one, "q", "c");
    await giveUp(one, "{1,2,3}");

    await one.query("begin");
    const first = await value<string>(one, "select pgq.replay_dead_letters('q', 'c', '{2}')");
    const second = value<string>(two, "select pgq.replay_dead_letters('q', 'c')");
    await untilBlocked(watcher, await backendPidOf(watcher, "replay_dead_letters('q', 'c')"));
    await one.query("commit");

    expect([first, await second]).toEqual(["1", "2"]);
    await retryAndTick(one);
    expect(await consume(one, "q", "c")).toEqual(["a", "b", "c"]);
  });

  test("a purge leaves alone what a replay took, and a replay that is rolled back leaves it to the purge", async () => {
    await using db = await createDatabase(major);
    const [one, two, watcher] = [await db.connect(), await db.connect(), await db.connect()];
    await createQueue(one, "q", "c");
    await giveUp(one, "{1,2}");

    await one.query("begin");
    await one.query("select pgq.replay_dead_letters('q', 'c', '{1}')");
    const purge = value<string>(two, "select pgq.purge_dead_letters('q', 'c')");
    await untilBlocked(watcher, await backendPidOf(watcher, "purge_dead_letters('q', 'c')"));
    await one.query("rollback");

    expect(await purge).toBe("2");
    await retryAndTick(one);
    expect(await consume(one, "q", "c")).toEqual([]);
  });

  test("dead letters outlive the registration and are replayed to the next one of that name", async () => {
    await using db = await createDatabase(major);
    const client = await db.connect();
    await createQueue(client, "q", "c");
    await giveUp(client, "{3}");

    await client.query("select pgq.unregister_consumer('q', 'c')");
    await expect(client.query("select pgq.replay_dead_letters('q', 'c')")).rejects.toThrow("consumer not registered");
    await client.query("select pgq.register_consumer('q', 'c')");
    await client.query("select pgq.replay_dead_letters('q', 'c')");
    await retryAndTick(client);

    expect(await consume(client, "q", "c")).toEqual(["c"]);
  });

  test("a queue takes its dead letters with it", async () => {
    await using db = await createDatabase(major);
    const client = await db.connect();
    await createQueue(client, "q", "c");
    await giveUp(client, "{1}");

    await client.query("select pgq.drop_queue('q', true)");

    expect(await value<string>(client, "select count(*) from pgq.dead_letter")).toBe("0");
  });

  test("what a cooperative worker gives up belongs to the main consumer", async () => {
    await using db = await createDatabase(major);
    await installSchema(db, "pgq_coop");
    const client = await db.connect();
    await client.query("select pgq.create_queue('q'), pgq_coop.register_subconsumer('q', 'main', 'w1')");
    await client.query("select pgq.insert_event('q', 't', 'a')");
    await tick(client, "q");
    const batch = await value<string>(client, "select pgq_coop.next_batch('q', 'main', 'w1')");

    await client.query("select pgq.event_dead($1, '{1}', '{no}')", [batch]);
    await client.query("select pgq_coop.finish_batch($1, 'q', 'main', 'w1')", [batch]);
    const consumers = await value<string>(client, "select string_agg(dl_consumer, ',') from pgq.dead_letter");
    await client.query("select pgq.replay_dead_letters('q', 'main')");
    await retryAndTick(client);
    const next = await value<string>(client, "select pgq_coop.next_batch('q', 'main', 'w2')");

    expect(consumers).toBe("main");
    expect(await value<string>(client, "select string_agg(ev_data, ',') from pgq.get_batch_events($1)", [next])).toBe(
      "a",
    );
  });
});

/** The server process that runs a statement with this text. */
async function backendPidOf(watcher: pg.Client, text: string): Promise<number> {
  const own = await backendPid(watcher);
  return until(
    () =>
      value<number | null>(
        watcher,
        "select min(pid) from pg_stat_activity where datname = current_database() and position($1 in query) > 0 and state = 'active' and pid <> $2",
        [text, own],
      ),
    { what: `a session that runs ${text}` },
  );
}
