// A hostile schema at the front of search_path, and temporary objects, change nothing about what our functions do.
import { describe, expect, test } from "vitest";
import { createDatabase, majors } from "../harness/database.ts";
import { consume, rotate, value } from "./queue-steps.ts";

const OPERATORS = ["=", "<>", "<", "<=", ">", ">=", "+", "-", "||", "~", "!~"];
const TYPES = ["text", "integer", "bigint", "timestamptz", "interval", "boolean", "name", "oid"];
const FUNCTIONS = [
  "now()",
  "txid_current()",
  "txid_current_snapshot()",
  "nextval(regclass)",
  "current_setting(text)",
  "quote_ident(text)",
  "format(text)",
  "to_regclass(text)",
  "lower(text)",
  "cardinality(anyarray)",
];

/** A schema in which every operator and function that we use is there too and fails. */
function hostileSchema(): string {
  const fail = (name: string, args: string, result: string) =>
    `create function evil.${name}${args} returns ${result} language plpgsql as $$ begin raise exception 'hijacked'; end $$;`;
  const operators = TYPES.flatMap((type) =>
    OPERATORS.map((op, i) => {
      const name = `op${i}_${type}`;
      return (
        fail(name, `(${type}, ${type})`, op === "+" || op === "-" || op === "||" ? type : "boolean") +
        `create operator evil.${op} (leftarg = ${type}, rightarg = ${type}, function = evil.${name});`
      );
    }),
  );
  const functions = FUNCTIONS.map((f) => fail(f.slice(0, f.indexOf("(")), f.slice(f.indexOf("(")), "text"));
  const tables = ["queue", "tick", "subscription", "consumer", "retry_queue", "pg_class", "pg_proc"].map(
    (t) => `create table evil.${t} (queue_name text); create temp table ${t} (queue_name text);`,
  );
  return `create schema evil; ${operators.join("")} ${functions.join("")} ${tables.join("")}
    create domain evil.text as pg_catalog.int4; create domain evil.int8 as pg_catalog.text;`;
}

describe.each(majors())("on PostgreSQL %i", (major) => {
  test("the whole life of a queue passes through with a hostile search_path", async () => {
    await using db = await createDatabase(major);
    const client = await db.connect();
    await client.query(hostileSchema());
    await client.query("set search_path = evil, pg_temp, pg_catalog");

    await client.query("select pgq.create_queue('q'), pgq.create_queue('r'), pgq.register_consumer('q', 'c')");
    await client.query("select pgq.set_queue_config('q', 'ticker_max_count', '1')");
    await client.query(
      "select pgq.insert_event('q', 't', 'one'), pgq.insert_event('q', 't', 'two', null, null, null, null)",
    );
    await client.query(
      "select pgq.insert_events('q', '{t}', '{three}'), pgq.insert_events('q', '[{\"data\": \"four\"}]'::json)",
    );
    await client.query("select pgq.insert_event_raw('q', null, null, null, null, 't', 'five', null, null, null, null)");
    await client.query("select pgq.insert_event_once('q', 'key', 't', 'six')");
    await client.query("select pgq.insert_events_once('q', '{key,other}', '{t,t}', '{no,seven}')");
    await client.query("select pgq.insert_event_at('q', '2100-01-01', 't', 'eight')");
    await client.query("update pgq.delayed_event set de_due = pg_catalog.now()");
    await client.query("select pgq.next_delayed_event(), pgq.maint_delayed_events(), pgq.maint_event_keys()");
    await client.query("select * from pgq.get_delayed_events('q')");
    await client.query("select pgq.cancel_delayed_event('q', 1)");
    await client.query("select pgq.force_tick('q'), pgq.ticker(), pgq.ticker('q')");
    const seen = await consume(client, "q", "c");
    await rotate(client, "q").catch(() => client.query("select pgq.maint_rotate_tables_step2()"));
    await client.query("select pgq.maint_retry_events(), pgq.upgrade_schema()");
    await client.query("select * from pgq.maint_operations()");
    await client.query("select * from pgq.get_queue_info(), pgq.get_consumer_info()");
    await client.query("call pgq.maintain()");
    await client.query("call pgq.ticker_loop(0, 0.01)");
    const dropped = await value<number>(client, "select pgq.drop_queue('q', true)");

    expect(seen).toEqual(["one", "two", "three", "four", "five", "six", "seven", "eight"]);
    expect(dropped).toBe(1);
  });

  test("a batch is read, set aside and closed with a hostile search_path", async () => {
    await using db = await createDatabase(major);
    const client = await db.connect();
    await client.query(hostileSchema());
    await client.query("set search_path = evil, pg_temp, pg_catalog");
    await client.query(
      "select pgq.create_queue('q'), pgq.register_consumer('q', 'c'), pgq.insert_event('q', 't', 'one')",
    );
    await client.query("select pgq.force_tick('q')");
    await client.query("select pgq.ticker('q')");

    const batch = await value<string>(client, "select pgq.next_batch_custom('q', 'c', null, 1, null)").then(() =>
      value<string>(client, "select pgq.next_batch('q', 'c')"),
    );
    const cursor = await client.query("select ev_data from pgq.get_batch_cursor($1, 'cur', 5)", [batch]);
    const retried = await value<number>(client, "select pgq.event_retry($1, 1, 0)", [batch]);
    const again = await value<number>(client, "select pgq.batch_retry($1, 0)", [batch]);

    const many = await value<number>(client, "select pgq.event_retry_many($1, '{1}', '{0}')", [batch]);
    const dead = await value<number>(client, "select pgq.event_dead($1, '{1}', '{x}')", [batch]);
    const letters = await client.query("select ev_data from pgq.get_dead_letters('q', 'c')");
    const replayed = await value<string>(client, "select pgq.replay_dead_letters('q', 'c', '{1}')");
    const purged = await value<string>(client, "select pgq.purge_dead_letters('q', 'c', '{1}', '1 s')");

    expect([many, dead, letters.rows, replayed, purged]).toEqual([0, 1, [{ ev_data: "one" }], "1", "0"]);
    expect(cursor.rows).toEqual([{ ev_data: "one" }]);
    expect([retried, again]).toEqual([1, 0]);
    expect(await value<string>(client, "select queue_name from pgq.get_batch_info($1)", [batch])).toBe("q");
    expect(await value<number>(client, "select pgq.unregister_consumer('q', 'c')")).toBe(1);
  });

  test("every security definer function pins its search_path, but for the two that are measured to need none", async () => {
    await using db = await createDatabase(major);
    const client = await db.connect();
    const { rows } = await client.query<{ name: string }>(
      `select distinct proname as name from pg_proc
       where pronamespace = 'pgq'::regnamespace and prosecdef
         and not coalesce(proconfig::text like '%search_path=pg_catalog, pg_temp%', false)`,
    );

    expect(rows).toEqual([{ name: "insert_event" }]);
  });
});
