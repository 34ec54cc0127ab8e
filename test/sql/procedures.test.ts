// Ticking and maintenance without a daemon: pgq.ticker_loop and pgq.maintain.
import type pg from "pg";
import { describe, expect, test } from "vitest";
import { createDatabase, majors } from "../harness/database.ts";
import { until } from "../harness/until.ts";
import { createQueue, value } from "./queue-steps.ts";

function warnings(client: pg.Client): string[] {
  const seen: string[] = [];
  client.on("notice", (notice) => seen.push(notice.message ?? ""));
  return seen;
}

describe.each(majors())("on PostgreSQL %i", (major) => {
  test("ticker_loop ticks many times within one call, and events show up while it runs", async () => {
    await using db = await createDatabase(major);
    const [client, other] = [await db.connect(), await db.connect()];
    await createQueue(client, "q", "c");
    await client.query("select pgq.set_queue_config('q', 'ticker_max_count', '1')");

    const running = client.query("call pgq.ticker_loop(30, 0.02)").catch(() => undefined);
    await until(() => value<boolean>(other, "select max(tick_id) > 1 from pgq.tick"));
    await other.query("select pgq.force_tick('q')");
    const ticks = await until(() => value<boolean>(other, "select max(tick_id) > 2 from pgq.tick"));
    await other.query("select pg_cancel_backend($1)", [(client as unknown as { processID: number }).processID]);
    await running;

    expect(ticks).toBe(true);
    // pg_locks shows those of the tests in other databases too
    const held = `select count(*)::int from pg_locks l join pg_database d on d.oid = l.database
                  where l.locktype = 'advisory' and d.datname = current_database()`;
    expect(await value(other, held)).toBe(0);
  });

  test("a queue that cannot be ticked is reported and does not stop the others", async () => {
    await using db = await createDatabase(major);
    const client = await db.connect();
    const seen = warnings(client);
    await client.query("select pgq.create_queue('bad'), pgq.create_queue('good')");
    await client.query("drop sequence pgq.event_1_id_seq cascade");
    await client.query("select pgq.force_tick('good')");

    await client.query("call pgq.ticker_loop(0)");

    expect(await value(client, "select max(tick_id)::int from pgq.tick where tick_queue = 2")).toBe(2);
    expect(seen.filter((m) => m.startsWith("ticker_loop"))).toEqual([
      'ticker_loop: queue bad has no tick: relation "pgq.event_1_id_seq" does not exist',
    ]);
  });

  test("a second ticker_loop returns at once", async () => {
    await using db = await createDatabase(major);
    const [first, second] = [await db.connect(), await db.connect()];
    await first.query("select pgq.create_queue('q')");
    await first.query("begin");
    await first.query("select pg_advisory_xact_lock(7366513, -1)");

    await second.query("set statement_timeout = '5s'");
    await second.query("call pgq.ticker_loop(60)");
    await first.query("rollback");

    expect(await value(second, "select max(tick_id)::int from pgq.tick")).toBe(1);
  });

  test.each([
    ["call pgq.ticker_loop(-1)", "ticker_loop: i_seconds must not be negative or NULL"],
    ["call pgq.ticker_loop(null)", "ticker_loop: i_seconds must not be negative or NULL"],
    ["call pgq.ticker_loop(1, 0)", "ticker_loop: i_interval must be greater than 0"],
    ["call pgq.ticker_loop(1, null)", "ticker_loop: i_interval must be greater than 0"],
  ])("%s is refused: %s", async (sql, message) => {
    await using db = await createDatabase(major);
    const client = await db.connect();

    await expect(client.query(sql)).rejects.toThrow(message);
  });

  test("maintain moves retry events, rotates, and goes on after a failing function", async () => {
    await using db = await createDatabase(major);
    const client = await db.connect();
    const seen = warnings(client);
    await createQueue(client, "q", "c");
    await client.query("create schema my");
    await client.query(
      "create function my.fails(text) returns int language plpgsql as $$ begin raise exception 'no luck'; end $$",
    );
    await client.query("create table my.calls (arg text)");
    await client.query(`create function my.works(a text) returns int language plpgsql as $$
      begin insert into my.calls values (a); return case when (select count(*) from my.calls) < 3 then 1 else 0 end; end $$`);
    await client.query(
      "update pgq.queue set queue_extra_maint = '{my.fails,my.works}', queue_switch_time = now() - interval '1 day'",
    );
    await client.query(`select pgq.event_retry_raw('q', 'c', now(), null, now(), 1, 't', 'd' || g, null, null, null, null)
      from generate_series(1, 25) g`);
    // nobody needs the old table; a real snapshot could have an older xmin, from another database of the server
    await client.query("update pgq.tick set tick_snapshot = format('%1$s:%1$s:', txid_current())::txid_snapshot");

    await client.query("call pgq.maintain()");

    expect(await value(client, "select count(*)::int from pgq.retry_queue")).toBe(0);
    expect(await value(client, "select count(*)::int from pgq.event_1")).toBe(25);
    expect(
      await value(client, "select queue_cur_table || ' ' || (queue_switch_step2 > queue_switch_step1) from pgq.queue"),
    ).toBe("1 true");
    expect(await value(client, "select count(*)::int from my.calls")).toBe(3);
    expect(seen.filter((m) => m.startsWith("maintain"))).toEqual(["maintain: my.fails(q) failed: no luck"]);
  });
});
