// Each role can execute exactly what it is meant to, over every function of the schema.
import type pg from "pg";
import { describe, expect, test } from "vitest";
import { createDatabase, majors } from "../harness/database.ts";

const EVERYBODY = ["seq_getval", "get_queue_info", "get_consumer_info", "quote_fqname", "version"];

/**
 * Parts of the trigger functions, which run with the rights of whoever changes the table. They give nothing away: none
 * runs with the owner's rights but those that tell from the catalog whether a capture fits its table, and how.
 */
const TRIGGER_PARTS = [
  "_attkind_columns",
  "_capture_is_current",
  "_capture_is_local",
  "_capture_slow_sql",
  "_capture_tables",
  "_capture_when",
  "_changed_columns",
  "_check_row_columns",
  "_equality_operator",
  "_json_row",
  "_json_type",
  "_list_columns",
  "_log_row",
  "_log_truncate",
  "_magic_fields",
  "_replay_role",
  "_row_expression",
  "_row_texts",
  "_row_words",
  "_sql_row",
  "_trigger_fits",
  "_trigger_options",
  "_trigger_shape",
  "_url_row",
  "_urlencode",
];
const READER = [
  "batch_event_sql",
  "batch_event_tables",
  "find_tick_helper",
  "register_consumer",
  "register_consumer_at",
  "unregister_consumer",
  "next_batch_info",
  "next_batch",
  "next_batch_custom",
  "get_batch_events",
  "get_batch_info",
  "get_batch_cursor",
  "event_retry",
  "event_retry_many",
  "batch_retry",
  "event_dead",
  "get_dead_letters",
  "replay_dead_letters",
  "purge_dead_letters",
  "get_delayed_events",
  "force_tick",
  "finish_batch",
];
const WRITER = [
  "insert_event",
  "insert_events",
  "insert_event_at",
  "insert_event_once",
  "insert_events_once",
  "cancel_delayed_event",
  "current_event_table",
  "_current_table_number",
  "jsontriga",
  "sqltriga",
  "logutriga",
  "logtriga",
];

const roles: readonly (readonly [string, readonly string[]])[] = [
  ["pgq_test_nobody", EVERYBODY],
  ["pgq_reader", [...EVERYBODY, ...READER]],
  ["pgq_writer", [...EVERYBODY, ...WRITER]],
];

/** Functions of the schema that a role may execute, by name. */
async function executable(db: pg.Client, role: string): Promise<string[]> {
  const { rows } = await db.query<{ name: string }>(
    `select distinct proname as name from pg_proc
     where pronamespace = 'pgq'::regnamespace and has_function_privilege($1, oid, 'execute')`,
    [role],
  );
  return rows.map((row) => row.name).sort();
}

async function existing(db: pg.Client): Promise<Set<string>> {
  const { rows } = await db.query<{ name: string }>(
    "select distinct proname as name from pg_proc where pronamespace = 'pgq'::regnamespace",
  );
  return new Set(rows.map((row) => row.name));
}

describe.each(majors())("on PostgreSQL %i", (major) => {
  test.each(roles)("%s can execute what the specification grants and nothing else", async (role, granted) => {
    await using db = await createDatabase(major);
    const client = await db.connect();
    await client.query("begin"); // roles belong to the server; this one is gone with the transaction
    await client.query("create role pgq_test_nobody");
    await client.query("select pgq.create_queue('q')");
    const all = await existing(client);

    expect(await executable(client, role)).toEqual(
      [...granted, ...TRIGGER_PARTS].filter((name) => all.has(name)).sort(),
    );
  });

  test("what only pgq_admin can execute holds no function that runs with the owner's rights and takes SQL text", async () => {
    await using db = await createDatabase(major);
    const client = await db.connect();
    const { rows } = await client.query<{ name: string }>(
      `select distinct proname as name from pg_proc p
       where pronamespace = 'pgq'::regnamespace and prosecdef and has_function_privilege('pgq_admin', oid, 'execute')
         and not has_function_privilege('pgq_reader', oid, 'execute')
         and not has_function_privilege('pgq_writer', oid, 'execute')`,
    );

    expect(rows.map((row) => row.name).sort()).toEqual(
      expect.arrayContaining(["create_queue", "drop_queue", "event_retry_raw", "grant_perms", "set_queue_config"]),
    );
  });

  test.each([
    ["pgq_reader", "select count(*) from pgq.event_1", null],
    ["pgq_reader", "insert into pgq.event_1_0 (ev_time) values (now())", "permission denied for table event_1_0"],
    ["pgq_reader", "update pgq.queue set queue_ticker_paused = true", "permission denied for table queue"],
    ["pgq_reader", "select count(*) from pgq.retry_queue", "permission denied for table retry_queue"],
    ["pgq_reader", "select count(*) from pgq.get_dead_letters(null, null), pgq.get_delayed_events(null)", null],
    ["pgq_reader", "select min(de_due), count(*) from pgq.delayed_event", null],
    ["pgq_reader", "select dl_consumer, count(*) from pgq.dead_letter group by 1", null],
    ["pgq_reader", "select ev_data from pgq.dead_letter", "permission denied for table dead_letter"],
    ["pgq_writer", "select pgq.insert_event_at('q', now() + '1 h', 't', 'd'), pgq.cancel_delayed_event('q', 1)", null],
    [
      "pgq_writer",
      "select pgq.insert_event_once('q', 'k', 't', 'd'), pgq.insert_events_once('q', '{k}', '{t}', '{d}')",
      null,
    ],
    ["pgq_writer", "select pgq.maint_delayed_events()", "permission denied for function maint_delayed_events"],
    ["pgq_writer", "delete from pgq.event_key", "permission denied for table event_key"],
    ["pgq_admin", "select pgq.maint_delayed_events(), pgq.next_delayed_event(), pgq.maint_event_keys()", null],
    ["pgq_reader", "select setval('pgq.queue_1_switch_seq', 1)", "permission denied for sequence queue_1_switch_seq"],
    ["pgq_writer", "select count(*) from pgq.event_1", "permission denied for table event_1"],
    ["pgq_writer", "insert into pgq.event_1_0 (ev_time) values (now())", "permission denied for table event_1_0"],
    [
      "pgq_writer",
      "select pgq._insert_1(null, null, null, null, 't', 'd', null, null, null, null)",
      "permission denied for function _insert_1",
    ],
    ["pgq_admin", "insert into pgq.event_1_0 (ev_time) values (now())", null],
    ["pgq_admin", "delete from pgq.event_1_0", "permission denied for table event_1_0"],
    ["pgq_admin", "select pgq.insert_event_raw('q', 7, null, null, null, 't', 'd', null, null, null, null)", null],
    ["pgq_admin", "select pgq.upgrade_schema()", null],
    ["pgq_admin", "drop table pgq.event_1_0", "must be owner of table event_1_0"],
  ])("as %s: %s", async (role, sql, message) => {
    await using db = await createDatabase(major);
    const client = await db.connect();
    await client.query("select pgq.create_queue('q')");
    await client.query(`set role ${role}`);

    const outcome = await client.query(sql).then(
      () => null,
      (error: unknown) => (error as Error).message,
    );

    expect(outcome).toBe(message);
  });
});
