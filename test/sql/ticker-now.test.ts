// pgq.ticker_now: ticks soon after events, one call for all queues, and tells who listens.
import type pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createDatabaseOn, majors, type TestDatabase } from "../harness/database.ts";
import { type PrivateServer, startPrivateServer } from "../harness/private-server.ts";
import { until } from "../harness/until.ts";
import { consume, createQueue, value } from "./queue-steps.ts";

interface Tick {
  readonly queue_name: string;
  readonly tick_id: string;
}

async function tickerNow(db: pg.Client, queues: readonly string[] | null = null): Promise<string[]> {
  const { rows } = await db.query<Tick>("select * from pgq.ticker_now($1)", [queues]);
  return rows.map(({ queue_name, tick_id }) => `${queue_name} ${tick_id}`);
}

function insert(db: pg.Client, queue: string): Promise<unknown> {
  return db.query("select pgq.insert_event($1, 't', 'd')", [queue]);
}

/** Lets the ticks before the newest ones be long ago: then none is due for a minute, however slow the machine is. */
async function calm(db: pg.Client): Promise<void> {
  await db.query(`update pgq.tick t set tick_time = tick_time - interval '1 hour'
    where tick_id < (select max(tick_id) from pgq.tick x where x.tick_queue = t.tick_queue)`);
}

/** Makes the ticks that follow from creation: nothing is due afterwards. */
async function settle(db: pg.Client): Promise<void> {
  await until(async () => (await tickerNow(db)).length === 0);
  await calm(db);
}

// A transaction of any database that is open at a tick makes the ticker come once more: so the server is one of its own.
describe.each(majors())("on PostgreSQL %i", (major) => {
  let server: PrivateServer;
  const createDatabase = (): Promise<TestDatabase> =>
    createDatabaseOn({ major, url: server.cluster.url() }, "postgres");

  beforeAll(async () => {
    server = await startPrivateServer({ major });
    await server.disconnect();
  });
  afterAll(() => server.stop());

  test("ticker_now ticks queues that have events, at once and once", async () => {
    await using db = await createDatabase();
    const client = await db.connect();
    await client.query("select pgq.create_queue('busy'), pgq.create_queue('quiet')");
    await insert(client, "busy");
    await settle(client);

    await insert(client, "busy");
    const first = await tickerNow(client);
    await calm(client);
    const again = await tickerNow(client);

    expect(first.map((tick) => tick.split(" ")[0])).toEqual(["busy"]);
    expect(again).toEqual([]);
  });

  test("ticker_now sees a queue's very first event, at once and once", async () => {
    await using db = await createDatabase();
    const client = await db.connect();
    await createQueue(client, "q", "c");
    await settle(client);
    await consume(client, "q", "c");

    await insert(client, "q");
    const first = await tickerNow(client);
    await calm(client);
    const again = await tickerNow(client);

    expect(first).toHaveLength(1);
    expect(again).toEqual([]);
    expect(await consume(client, "q", "c")).toEqual(["d"]);
  });

  test("ticker_now waits a little while a worker of a cascaded queue is many ticks behind, and not for other consumers", async () => {
    await using db = await createDatabase();
    const client = await db.connect();
    await client.query(
      "select pgq.create_queue(q), pgq.register_consumer(q, 'worker') from unnest('{plain,set}'::text[]) q",
    );
    await client.query("select pgq.register_consumer('set', '.node.watermark')");
    for (let n = 0; n < 12; n += 1) {
      await client.query("select pgq.force_tick(q), pgq.ticker(q) from unnest('{plain,set}'::text[]) q");
    }
    await settle(client);
    // no time passes within a transaction
    await client.query("begin");
    await client.query(`update pgq.tick t set tick_time = now()
      where tick_id = (select max(tick_id) from pgq.tick x where x.tick_queue = t.tick_queue)`);
    await client.query("update pgq.subscription set sub_active = now()");
    for (const queue of ["plain", "set"]) await insert(client, queue);

    const behind = await tickerNow(client);
    await client.query(`select pgq.register_consumer_at('set', 'worker', max(tick_id)) from pgq.get_queue_info('set') q
      join pgq.tick on tick_queue = (select queue_id from pgq.queue where queue_name = q.queue_name)`);
    const caughtUp = await tickerNow(client, ["set"]);
    await client.query("rollback");

    expect(behind.map((tick) => tick.split(" ")[0])).toEqual(["plain"]);
    expect(caughtUp).toHaveLength(1);
  });

  test("ticker_now leaves queues with a longer ticker_max_lag to their own pace", async () => {
    await using db = await createDatabase();
    const client = await db.connect();
    await client.query("select pgq.create_queue('batches')");
    await client.query("select pgq.set_queue_config('batches', 'ticker_max_lag', '4 seconds')");
    await insert(client, "batches");
    await settle(client);

    await insert(client, "batches");
    const early = await tickerNow(client);
    await client.query("update pgq.tick set tick_time = tick_time - interval '5 seconds'");
    const due = await tickerNow(client);

    expect(early).toEqual([]);
    expect(due).toHaveLength(1);
  });

  test("ticker_now ticks an idle queue as seldom as the ticker does", async () => {
    await using db = await createDatabase();
    const client = await db.connect();
    await client.query("select pgq.create_queue('idle')");
    await settle(client);

    await client.query("update pgq.tick set tick_time = now() - interval '30 seconds' where tick_id > 1");
    const gapNotDoubled = await tickerNow(client);
    await client.query("update pgq.tick set tick_time = now() - interval '60 seconds' where tick_id > 1");
    const minute = await tickerNow(client);

    expect(gapNotDoubled).toEqual([]);
    expect(minute).toHaveLength(1);
  });

  test("ticker_now passes over paused, external and unknown queues, and takes only those it is told", async () => {
    await using db = await createDatabase();
    const client = await db.connect();
    await client.query("select pgq.create_queue(name) from unnest('{a,b,external,paused}'::text[]) name");
    await client.query("select pgq.set_queue_config('paused', 'ticker_paused', 'true')");
    await client.query("select pgq.set_queue_config('external', 'external_ticker', 'true')");

    const some = await tickerNow(client, ["a", "paused", "external", "unknown"]);
    const all = await tickerNow(client);

    expect(some).toEqual(["a 2"]);
    expect(all).toEqual(["b 2"]);
  });

  test.each(["none", "a younger one"])(
    "an event whose transaction was open at the tick comes soon after its commit (ended before: %s)",
    async (ended) => {
      await using db = await createDatabase();
      const [client, slow] = [await db.connect(), await db.connect()];
      await createQueue(client, "q", "c");
      await insert(client, "q");
      await settle(client);
      await consume(client, "q", "c");

      await slow.query("begin");
      await slow.query("select pgq.insert_event('q', 't', 'late')");
      await client.query(ended === "none" ? "select 1" : "select txid_current()");
      const before = await tickerNow(client);
      await calm(client);
      const meanwhile = [await tickerNow(client), await tickerNow(client)];
      await slow.query("commit");
      const after = await tickerNow(client);
      await calm(client);
      const later = await tickerNow(client);

      expect(before).toHaveLength(1);
      expect(meanwhile).toEqual([[], []]);
      expect(after).toHaveLength(1);
      expect(later).toEqual([]);
      expect(await consume(client, "q", "c")).toEqual(["late"]);
    },
  );

  test("transactions that began after the last event make no ticks", async () => {
    await using db = await createDatabase();
    const [client, other] = [await db.connect(), await db.connect()];
    await createQueue(client, "q", "c");
    await insert(client, "q");
    await insert(client, "q");
    await settle(client);

    await other.query("begin");
    await other.query("select txid_current()");
    const during = await tickerNow(client);
    await other.query("commit");
    const after = await tickerNow(client);

    expect([during, after]).toEqual([[], []]);
  });

  test("ticker_now does not wait for a queue that another session has locked", async () => {
    await using db = await createDatabase();
    const [client, other] = [await db.connect(), await db.connect()];
    await client.query("select pgq.create_queue('free'), pgq.create_queue('locked')");
    await client.query("set statement_timeout = '20s'");

    await other.query("begin");
    await other.query("select pgq.ticker('locked')");
    const ticks = await tickerNow(client);
    await other.query("commit");

    expect(ticks).toEqual(["free 2"]);
  });

  test("ticker_now assigns no transaction id while there is nothing to do", async () => {
    await using db = await createDatabase();
    const client = await db.connect();
    await createQueue(client, "q", "c");
    await insert(client, "q");
    await insert(client, "q");
    await settle(client);

    await client.query("begin");
    await tickerNow(client);
    const id = await value<string | null>(client, "select txid_current_if_assigned()");
    await client.query("commit");

    expect(id).toBeNull();
  });

  test.each(["select count(*) from pgq.ticker_now()", "call pgq.ticker_loop(0)"])(
    "%s tells who listens which queue has a tick",
    async (sql) => {
      await using db = await createDatabase();
      const [client, listener] = [await db.connect(), await db.connect()];
      const told: string[] = [];
      listener.on("notification", ({ channel, payload }) => told.push(`${channel} ${payload}`));
      await client.query("select pgq.create_queue('Größe 1')");
      await listener.query("listen pgq_tick");

      await client.query(sql);
      await until(() => told.length > 0);

      expect(told).toEqual(["pgq_tick Größe 1"]);
    },
  );

  test("a tick from the future, after the clock was set back, holds nothing up", async () => {
    await using db = await createDatabase();
    const client = await db.connect();
    await createQueue(client, "q", "c");
    await client.query("select pgq.set_queue_config('q', 'ticker_max_lag', '10 seconds')");
    await settle(client);
    await client.query("update pgq.tick set tick_time = tick_time + interval '1 hour'");
    await insert(client, "q");

    const tick = await value<string | null>(client, "select pgq.ticker('q')");

    expect(tick).not.toBeNull();
  });
});
