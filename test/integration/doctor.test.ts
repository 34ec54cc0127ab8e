import { describe, expect, test } from "vitest";
import { createDatabase } from "../harness/database.ts";
import { runCli } from "../harness/run-cli.ts";
import { endMajors } from "../harness/major-pairs.ts";

interface Report {
  findings: { severity: string; check: string; message: string; cure: string }[];
}

const TICK_OLD = "update pgq.tick set tick_time = now() - interval '1 day'";

// What is damaged, and the check that must find it with the name of the thing in its message.
const damages = [
  { check: "missing-function", names: "pgq.version()", sql: "drop function pgq.version()" },
  {
    check: "changed-function",
    names: "pgq.version()",
    sql: "create or replace function pgq.version() returns text as 'select ''1''::text' language sql",
  },
  { check: "changed-function", names: "settings", sql: "alter function pgq.create_queue(text) reset all" },
  { check: "changed-function", names: "security", sql: "alter function pgq.create_queue(text) security invoker" },
  {
    check: "foreign-function",
    names: "pgq.mine()",
    sql: "create function pgq.mine() returns int as 'select 1' language sql",
  },
  {
    check: "missing-column",
    names: "pgq.queue.queue_extra_maint",
    sql: "alter table pgq.queue drop queue_extra_maint",
  },
  {
    check: "column-type",
    names: "pgq.queue.queue_ticker_max_count",
    sql: "alter table pgq.queue alter queue_ticker_max_count type bigint",
  },
  { check: "column-null", names: "pgq.queue.queue_name", sql: "alter table pgq.queue alter queue_name drop not null" },
  {
    check: "missing-constraint",
    names: "queue_name_uq on pgq.queue",
    sql: "alter table pgq.queue drop constraint queue_name_uq",
  },
  { check: "missing-relation", names: "pgq.rq_retry_idx", sql: "drop index pgq.rq_retry_idx" },
  { check: "missing-relation", names: "pgq.retry_queue", sql: "drop table pgq.retry_queue" },
  { check: "missing-relation", names: "pgq.batch_id_seq", sql: "drop sequence pgq.batch_id_seq" },
  {
    check: "missing-right",
    names: "pgq_reader may not execute pgq.next_batch",
    sql: "revoke execute on function pgq.next_batch(text, text) from pgq_reader",
  },
  {
    check: "wide-right",
    names: "public may execute pgq.create_queue",
    sql: "grant execute on function pgq.create_queue(text) to public",
  },
  { check: "wide-right", names: "public may insert pgq.queue", sql: "grant insert on pgq.queue to public" },
  { check: "missing-helper", names: "pgq.queue_1_switch_seq", sql: "drop sequence pgq.queue_1_switch_seq" },
  {
    check: "missing-helper",
    names: "pgq._insert_1",
    sql: "do $$ begin execute 'drop function ' || (select oid::regprocedure from pg_proc where proname = '_insert_1'); end $$",
  },
  {
    check: "stale-capture",
    names: "capture of public.t into queue q is stale: the table was altered",
    sql: `create table public.t (id int primary key, v text); select pgq.create_capture('q', 'public.t');
          alter table public.t rename v to w`,
  },
  { check: "missing-queue-object", names: "pgq.event_1_2", sql: "drop table pgq.event_1_2" },
  { check: "sequence-behind", names: "pgq.queue_queue_id_seq", sql: "update pgq.queue set queue_id = 77; " },
  { check: "sequence-behind", names: "pgq.event_1_tick_seq", sql: "update pgq.tick set tick_id = 500" },
  { check: "queue-paused", names: "queue q", sql: "update pgq.queue set queue_ticker_paused = true" },
  { check: "no-ticker", names: "queue q", sql: TICK_OLD },
  { check: "no-ticker", names: "has no tick", sql: "delete from pgq.tick" },
  {
    check: "tick-from-future",
    names: "queue q",
    sql: "update pgq.tick set tick_snapshot = '90000000000:90000000000:'",
  },
  {
    check: "rotation-half-done",
    names: "queue q",
    sql: "update pgq.queue set queue_switch_step2 = null, queue_switch_time = now() - interval '1 hour'",
  },
  {
    check: "rotation-late",
    names: "no consumer",
    sql: "update pgq.queue set queue_switch_time = now() - interval '1 day'",
  },
  {
    check: "rotation-held",
    names: "held up by slow",
    sql: `select pgq.register_consumer('q', 'slow'); ${TICK_OLD};
          update pgq.queue set queue_switch_time = now() - interval '12 hours'`,
  },
  {
    check: "retry-late",
    names: "1 retry events",
    sql: "insert into pgq.retry_queue (ev_retry_after, ev_queue, ev_id, ev_time, ev_owner) values (now() - interval '1 day', 1, 1, now(), 1)",
  },
];

describe.each(endMajors())("doctor on PostgreSQL %i", (major) => {
  test("finds nothing in a fresh installation with a queue", async () => {
    await using db = await damaged(major, "select 1");

    expect(await runCli(["doctor", "--db", db.url])).toMatchObject({ status: 0, stderr: "" });
  });

  test("finds nothing wrong with a captured table", async () => {
    await using db = await damaged(
      major,
      "create table public.t (id int primary key); select pgq.create_capture('q', 'public.t')",
    );

    expect(await runCli(["doctor", "--db", db.url])).toMatchObject({ status: 0, stderr: "" });
  });

  test.each(damages)("finds $check: $names", async ({ check, names, sql }) => {
    await using db = await damaged(major, sql);

    const { status, stdout } = await runCli(["doctor", "--db", db.url, "--json"]);
    const found = (JSON.parse(stdout) as Report).findings.filter((finding) => finding.check === check);

    expect(status).toBe(3);
    expect(found.map(({ message }) => message).join("\n")).toContain(names);
    expect(found.every(({ cure }) => cure !== "")).toBe(true);
  });

  test.each(
    damages.filter(({ check }) =>
      ["missing-function", "changed-function", "missing-right", "missing-helper"].includes(check),
    ),
  )("what it advises for $check: $names helps", async ({ sql }) => {
    await using db = await damaged(major, sql);

    await runCli(["install", "pgq", "--db", db.url]);

    expect(await runCli(["doctor", "--db", db.url])).toMatchObject({ status: 0, stderr: "" });
  });

  test("changes nothing", async () => {
    await using db = await damaged(major, "drop function pgq.version()");

    await runCli(["doctor", "--db", db.url]);
    const client = await db.connect();

    expect((await client.query("select to_regproc('pgq.version') as f")).rows).toEqual([{ f: null }]);
  });
});

async function damaged(major: number, sql: string) {
  const db = await createDatabase(major);
  const client = await db.connect();
  await client.query("select pgq.create_queue('q')");
  await client.query("set session_replication_role = replica"); // lets a test break foreign keys
  await client.query(sql);
  return db;
}
