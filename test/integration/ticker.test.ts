// The ticker on one server: ticks, retries, maintenance, and what goes wrong with queues and databases.
import type pg from "pg";
import { describe, expect, test } from "vitest";
import { haveEvents } from "../../src/pgq/index.ts";
import { createDatabase, serverUrl, type TestDatabase } from "../harness/database.ts";
import { startFleet } from "../harness/fleet.ts";
import { value } from "../harness/sessions.ts";
import { until } from "../harness/until.ts";
import { endMajors } from "../harness/major-pairs.ts";

const HOUR_MS = 3_600_000;

async function createQueue(client: pg.Client, queue: string): Promise<void> {
  await client.query("select pgq.create_queue($1)", [queue]);
  await client.query("select pgq.register_consumer($1, 'c')", [queue]);
}

function insert(client: pg.Client, queue: string, data = "d"): Promise<unknown> {
  return client.query("select pgq.insert_event($1, 't', $2)", [queue, data]);
}

/** Waits for a batch with events; takes the empty ones before it. */
function nextEvents(client: pg.Client, queue: string): Promise<{ batch: string; ids: string[]; data: string[] }> {
  return until(async () => {
    const batch = await value<string | null>(client, "select pgq.next_batch($1, 'c')", [queue]);
    if (batch === null || batch === undefined) return null;
    const { rows } = await client.query<{ ev_id: string; ev_data: string }>("select * from pgq.get_batch_events($1)", [
      batch,
    ]);
    if (rows.length === 0) await client.query("select pgq.finish_batch($1)", [batch]);
    return rows.length > 0 && { batch, ids: rows.map((row) => row.ev_id), data: rows.map((row) => row.ev_data) };
  });
}

function fleetOn(db: TestDatabase, settings: Parameters<typeof startFleet>[1] = {}) {
  return startFleet(serverUrl(db.major), { databases: [db.name], ...settings });
}

describe.each(endMajors())("on PostgreSQL %i", (major) => {
  test("the ticker ticks queues soon after their events and tells who listens", async () => {
    await using db = await createDatabase(major);
    const client = await db.connect();
    await createQueue(client, "q");
    const told: string[] = [];
    client.on("notification", ({ payload }) => told.push(payload ?? ""));
    await client.query("listen pgq_tick");

    await using fleet = fleetOn(db);
    await insert(client, "q", "first");
    const { data } = await nextEvents(client, "q");

    expect(data).toEqual(["first"]);
    expect(told).toContain("q");
    expect(fleet.log()).toContain(`LOG [${db.name}]: pgq version ok: `);
  });

  test("a tick with events is told from one that only tells the time", async () => {
    await using db = await createDatabase(major);
    const client = await db.connect();
    for (const queue of ["busy", "idle"]) {
      await createQueue(client, queue);
      await insert(client, queue);
    }
    const tick = async (queue: string) => {
      await client.query(
        "select pgq.set_queue_config($1, 'ticker_max_lag', '0'), pgq.set_queue_config($1, 'ticker_idle_period', '0')",
        [queue],
      );
      return { queue, tickId: String(await value(client, "select pgq.ticker($1)", [queue])) };
    };
    for (const queue of ["busy", "idle"]) await tick(queue);
    await insert(client, "busy");
    const executor = {
      query: async <R extends object>(sql: string, params: readonly unknown[] = []) =>
        (await client.query<R & pg.QueryResultRow>(sql, [...params])).rows,
    };

    const busy = await tick("busy");
    const idle = await tick("idle");

    expect(await haveEvents(executor, [busy])).toBe(true);
    expect(await haveEvents(executor, [idle])).toBe(false);
    expect(await haveEvents(executor, [idle, busy])).toBe(true);
  });

  test("a queue that cannot be ticked stops no other one, and is ticked again when it is mended", async () => {
    await using db = await createDatabase(major);
    const client = await db.connect();
    await createQueue(client, "bad");
    await createQueue(client, "good");
    await client.query("alter sequence pgq.event_1_id_seq rename to hidden");

    await using fleet = fleetOn(db);
    await until(() => fleet.log().includes("ERROR"));
    await insert(client, "good");
    const good = await nextEvents(client, "good");
    await client.query("alter sequence pgq.hidden rename to event_1_id_seq");
    await insert(client, "bad");
    const bad = await nextEvents(client, "bad");
    await until(() => fleet.log().includes("queue bad is ticked again"));

    expect(fleet.log()).toMatch(/ERROR \[\w+\]: queue bad has no tick: relation "pgq.event_1_id_seq" does not exist/);
    expect([good.data, bad.data]).toEqual([["d"], ["d"]]);
    expect(fleet.fleet.statuses()[0]?.badQueues).toEqual([]);
  });

  test("each maintenance operation is run although others fail, vacuum included, and none without end", async () => {
    await using db = await createDatabase(major);
    const client = await db.connect();
    await client.query("create table calls (name text)");
    await client.query(`create function fails() returns int language plpgsql as $$ begin raise 'no luck'; end $$;
      create function "Twice"(a text) returns int language plpgsql as $$ begin
        insert into calls values (a); return case when (select count(*) from calls where name = a) < 2 then 1 else 0 end;
      end $$;
      create function forever() returns int language sql as $$ select 1 $$;
      create function last() returns void language sql as $$ insert into calls values ('last') $$;
      create or replace function pgq.maint_operations(out func_name text, out func_arg text) returns setof record
        language sql as $$ values ('public.fails', null), ('vacuum', 'public.calls'), ('public.Twice', 'it''s'),
          ('public.forever', null), ('VACUUM analyze', 'pgq.queue'), ('public.last', null) $$`);

    await using fleet = fleetOn(db, { maintPeriodMs: HOUR_MS });
    await until(async () => (await value<number>(client, "select count(*)::int from calls where name = 'last'")) === 1);

    expect(await value(client, "select string_agg(name, ' ' order by name) from calls")).toBe("it's it's last");
    const complaints = fleet.log().match(/(ERROR|WARNING) .*$/gm);
    expect(complaints?.map((line) => line.replace(db.name, "db"))).toEqual([
      "ERROR [db]: maintenance public.fails() failed: no luck",
      "WARNING [db]: maintenance public.forever() always asks for more, left until the next run",
    ]);
  });

  test("events that were set aside or delayed come back when they are due, not when the period is over", async () => {
    await using db = await createDatabase(major);
    const client = await db.connect();
    await createQueue(client, "q");

    await using fleet = fleetOn(db, { retryPeriodMs: HOUR_MS, maintPeriodMs: HOUR_MS });
    await until(() => fleet.fleet.statuses()[0]?.standing === "ticking");
    await insert(client, "q", "once more");
    const first = await nextEvents(client, "q");
    await client.query("select pgq.event_retry($1, $2, 2)", [first.batch, first.ids[0]]);
    await client.query("select pgq.insert_event_at('q', now() + interval '2 seconds', 't', 'later')");
    await client.query("select pgq.finish_batch($1)", [first.batch]);
    const seen: string[] = [];
    await until(async () => {
      const { batch, data } = await nextEvents(client, "q");
      await client.query("select pgq.finish_batch($1)", [batch]);
      seen.push(...data);
      return seen.length === 2;
    });

    expect(seen.sort()).toEqual(["later", "once more"]);
    expect(fleet.fleet.totals()).toMatchObject({ retry: 1, delayed: 1 });
  });

  test("a second ticker stands by silently and takes over when the first one ends", async () => {
    await using db = await createDatabase(major);
    const client = await db.connect();
    await createQueue(client, "q");

    const first = fleetOn(db);
    await until(() => first.fleet.statuses()[0]?.standing === "ticking");
    await using second = fleetOn(db);
    await until(() => second.log().includes("another ticker is running, standing by"));
    const before = second.fleet.totals().ticks;
    await first.stop();
    await until(() => second.log().includes("took over from another ticker"));
    await insert(client, "q");
    const { data } = await nextEvents(client, "q");

    expect(before).toBe(0);
    expect(data).toEqual(["d"]);
    expect(`${first.log()}${second.log()}`).not.toMatch(/ERROR|WARNING/);
  });

  test("the ticker goes on when its sessions are ended, and recycles its connection when it is old", async () => {
    await using db = await createDatabase(major);
    const client = await db.connect();
    await createQueue(client, "q");
    const pid = (): Promise<number | undefined> =>
      value<number>(
        client,
        "select pid from pg_stat_activity where datname = $1 and application_name = 'pgqd ticker'",
        [db.name],
      );

    await using fleet = fleetOn(db);
    const first = await until(() => pid());
    await client.query("select pg_terminate_backend($1)", [first]);
    const second = await until(async () => {
      const now = await pid();
      return now !== first && now;
    });
    fleet.change({ connectionLifetimeMs: 1 });
    await until(async () => ![undefined, second].includes(await pid()));
    fleet.change({ connectionLifetimeMs: HOUR_MS });
    await insert(client, "q");
    const { data } = await nextEvents(client, "q");

    expect(data).toEqual(["d"]);
  });

  test("a listed database that is not there ends the ticker after as many failures as it is told", async () => {
    const fleet = startFleet(serverUrl(major), {
      databases: ["no_such_database"],
      checkPeriodMs: 10,
      exitAfterFailures: 3,
    });

    await expect(fleet.ended).rejects.toMatchObject({ code: "TICKER_FAILING" });
  });
});
