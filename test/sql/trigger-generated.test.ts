// The functions that maintenance generates for old trigger definitions come, go and follow their triggers.
import type pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createDatabase, majors, type TestDatabase } from "../harness/database.ts";

describe.each(majors())("on PostgreSQL %i", (major) => {
  let db: TestDatabase;
  let client: pg.Client;

  beforeAll(async () => {
    db = await createDatabase(major);
    client = await db.connect();
    await client.query("select pgq.create_queue('q')");
  });
  afterAll(() => db.drop());

  const makeTable = async (table: string, args = "'q'"): Promise<void> => {
    await client.query(`create table ${table} (id int primary key, a text);
      create trigger z after insert or update or delete on ${table} for each row execute function pgq.logutriga(${args})`);
  };
  const callOf = async (table: string): Promise<string | null | undefined> => {
    const sql = "select ct_call from pgq.compiled_trigger where ct_table = to_regclass($1)";
    return (await client.query<{ ct_call: string | null }>(sql, [table])).rows[0]?.ct_call;
  };
  const lastEvent = async (): Promise<unknown[]> => {
    const sql = "select ev_type, ev_data, ev_extra1, ev_extra2 from pgq.event_1 order by ev_id desc limit 1";
    return (await client.query<unknown[]>({ text: sql, rowMode: "array" })).rows[0] ?? [];
  };
  const generatedFunctions = async (): Promise<number> => {
    const sql = "select count(*)::int as n from pg_proc where proname ~ '^_log_[0-9]+$'";
    return (await client.query<{ n: number }>(sql)).rows[0]?.n ?? -1;
  };
  const isListed = async (): Promise<boolean> => {
    const { rows } = await client.query("select 1 from pgq.maint_operations() where func_name = 'pgq.maint_triggers'");
    return rows.length > 0;
  };

  test("maintenance lists the work until it is done, and once more after the table was changed", async () => {
    await makeTable("listed");

    const before = await isListed();
    await client.query("select pgq.maint_triggers()");
    const after = await isListed();
    await client.query("alter table listed add b int");
    const altered = await isListed();
    await client.query("select pgq.maint_triggers()");

    expect([before, after, altered, await isListed()]).toEqual([true, false, true, false]);
    expect(await callOf("listed")).toMatch(/^select pgq\._log_\d+\(/);
  });

  test("a dropped trigger takes its function along at the next maintenance", async () => {
    await makeTable("short_lived");
    await client.query("select pgq.maint_triggers()");
    const count = await generatedFunctions();

    await client.query("drop table short_lived");
    await client.query("select pgq.maint_triggers()");

    expect(await generatedFunctions()).toBe(count - 1);
  });

  test("a trigger made anew with other arguments follows them at once", async () => {
    await makeTable("remade");
    await client.query("select pgq.maint_triggers()");

    await client.query(`drop trigger z on remade; create trigger z after insert or update or delete on remade
      for each row execute function pgq.logutriga('q', 'ignore=a')`);
    await client.query("insert into remade values (1, 'x')");

    expect(await lastEvent()).toEqual(["I:id", "id=1", "public.remade", null]);
  });

  test("a table that moved to another schema and name is called by its new name", async () => {
    await makeTable("old_name");
    await client.query("select pgq.maint_triggers(); insert into old_name values (1, 'x')");

    await client.query("create schema elsewhere; alter table old_name rename to new_name");
    await client.query("alter table new_name set schema elsewhere; alter schema elsewhere rename to there");
    await client.query("insert into there.new_name values (2, 'y')");

    expect(await lastEvent()).toEqual(["I:id", "id=2&a=y", "there.new_name", null]);
  });

  test("the old row is kept with backup, and a key may not change", async () => {
    await makeTable("kept", "'q', 'backup'");
    await client.query("select pgq.maint_triggers(); insert into kept values (1, 'x y')");

    await client.query("update kept set a = null");
    const event = await lastEvent();
    const change = client.query("update kept set id = 2");

    expect(event).toEqual(["U:id", "id=1&a", "public.kept", "id=1&a=x+y"]);
    await expect(change).rejects.toThrow("primary key update not allowed");
  });

  test("a trigger with an expression is left to the general code", async () => {
    await makeTable("expressive", "'q', 'ev_extra2=upper(a)'");
    await client.query("select pgq.maint_triggers()");

    await client.query("insert into expressive values (1, 'x')");

    expect(await callOf("expressive")).toBeNull();
    expect(await lastEvent()).toEqual(["I:id", "id=1&a=x", "public.expressive", "X"]);
  });

  test("repeatable read transactions log the same events", async () => {
    await makeTable("strict");
    await client.query("select pgq.maint_triggers()");

    await client.query("begin isolation level repeatable read; insert into strict values (1, 'x'); commit");

    expect(await lastEvent()).toEqual(["I:id", "id=1&a=x", "public.strict", null]);
  });

  test("each partition has a function of its own", async () => {
    await client.query(`create table split (id int primary key, a text) partition by range (id);
      create table split_low partition of split for values from (0) to (10);
      create trigger z after insert on split for each row execute function pgq.logutriga('q');
      select pgq.maint_triggers(); insert into split values (1, 'x')`);

    expect(await callOf("split_low")).toMatch(/_log_/);
    expect(await lastEvent()).toEqual(["I:id", "id=1&a=x", "public.split_low", null]);
  });
});
