// JSON capture of tables that change their definition: right events at once, also in sessions with old plans.
import type pg from "pg";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { captureBench, type CaptureBench } from "../harness/capture.ts";
import { majors } from "../harness/database.ts";

const CHANGES: readonly (readonly [string, string, string, string])[] = [
  ["an added column", "alter table t add c json", "t", '{"id":2,"a":"a","b":3,"c":null}'],
  ["a dropped column", "alter table t drop a", "t", '{"id":2,"b":3}'],
  ["a renamed column", "alter table t rename a to z", "t", '{"id":2,"z":"a","b":3}'],
  ["a changed type", "alter table t alter b type numeric", "t", '{"id":2,"a":"a","b":"3"}'],
  ["another key", "alter table t drop constraint t_pkey, add primary key (b, id)", "t", '{"id":2,"a":"a","b":3}'],
  ["a new name", "alter table t rename to t2", "t2", '{"id":2,"a":"a","b":3}'],
  ["another schema", "alter table t set schema s", "s.t", '{"id":2,"a":"a","b":3}'],
];

describe.each(majors())("altered tables on PostgreSQL %i", (major) => {
  let bench: CaptureBench;
  let other: pg.Client;
  beforeEach(async () => {
    bench = await captureBench(major);
    other = await bench.db.connect();
    await bench.run("create table t (id int primary key, a text default 'a', b int default 3)", "create schema s");
  });
  afterEach(() => bench.db.drop());

  describe.each(["statement", "row"])("%s form", (form) => {
    test.each(CHANGES)(
      "%s shows in the next event and stays after maint_capture",
      async (_what, change, table, data) => {
        await bench.capture("t", { form });
        await other.query("insert into t (id) values (1)");
        await bench.run(change);

        await other.query(`insert into ${table} (id) values (2)`);
        const needed = await bench.value("select pgq.maint_capture_needed()");
        const remade = await bench.value("select pgq.maint_capture()");
        await other.query(`delete from ${table} where id = 2`);

        expect((await bench.log()).slice(1)).toEqual([`INSERT ${data}`, `DELETE ${data}`]);
        expect([needed, remade]).toEqual([true, 1]);
        expect(await bench.value("select state from pgq.get_capture_info('q')")).toBe("ok");
      },
    );
  });

  test("a change that is taken back is seen both times", async () => {
    await bench.capture("t");
    await other.query("insert into t (id) values (1)");
    await bench.run("alter table t rename a to z");
    await other.query("insert into t (id) values (2)");
    await bench.run("alter table t rename z to a");
    await other.query("insert into t (id) values (3)");

    expect(await bench.log()).toEqual([
      'INSERT {"id":1,"a":"a","b":3}',
      'INSERT {"id":2,"z":"a","b":3}',
      'INSERT {"id":3,"a":"a","b":3}',
    ]);
  });

  test("a table altered after the snapshot of a transaction is a serialization failure, not a wrong event", async () => {
    await bench.capture("t");
    await other.query("begin isolation level repeatable read");
    await other.query("select 1");
    await bench.run("alter table t add c int default 7");

    await expect(other.query("insert into t (id) values (1)")).rejects.toThrow("was altered after this transaction");
    await other.query("rollback");
    await other.query("insert into t (id) values (1)");

    expect(await bench.log()).toEqual(['INSERT {"id":1,"a":"a","b":3,"c":7}']);
  });

  test("a row trigger that changes other rows makes the row form necessary", async () => {
    await bench.capture("t");
    await bench.run(
      "create function f() returns trigger language plpgsql as 'begin update t set b = 9 where id = new.id; return null; end'",
    );
    await bench.run(
      "create trigger u after insert on t for each row execute function f()",
      "select pgq.maint_capture()",
    );

    await bench.run("insert into t (id) values (1)");

    expect(await bench.log()).toEqual(['INSERT {"id":1,"a":"a","b":3}', 'UPDATE {"id":1,"a":"a","b":9}']);
    expect(await bench.value("select form from pgq.get_capture_info()")).toBe("row");
  });

  test("a dropped table leaves nothing after maint_capture", async () => {
    await bench.capture("t");
    await bench.run("drop table t");

    expect(await bench.value("select pgq.maint_capture()")).toBe(1);
    expect(await bench.value("select count(*)::int from pgq.capture")).toBe(0);
    expect(await bench.value("select count(*)::int from pg_proc where proname ~ '^_capture_[0-9]'")).toBe(0);
  });

  test("partitions are logged under their own names, with their own columns, also those attached later", async () => {
    await bench.run("create table p (id int, k int, a text, primary key (id, k)) partition by list (k)");
    await bench.run("create table p1 partition of p for values in (1)");
    await bench.capture("p");
    await bench.run("insert into p values (1, 1, 'x')", "create table p2 (a text, k int not null, id int not null)");
    await bench.run("alter table p attach partition p2 for values in (2)", "insert into p values (2, 2, 'y')");
    await bench.run("update p set k = 2 where id = 1");

    expect((await bench.events()).map(({ table, data }) => `${table} ${data}`)).toEqual([
      'public.p1 {"id":1,"k":1,"a":"x"}',
      'public.p2 {"a":"y","k":2,"id":2}',
      'public.p1 {"id":1,"k":1,"a":"x"}',
      'public.p2 {"a":"x","k":2,"id":1}',
    ]);
  });

  test("via_root logs partitions under the name of the root", async () => {
    await bench.run("create table p (id int, k int, primary key (id, k)) partition by list (k)");
    await bench.run("create table p1 partition of p for values in (1)");
    await bench.capture("p", { via_root: true });

    await bench.run("insert into p values (1, 1)");

    expect((await bench.events()).map(({ table, type }) => [table, type])).toEqual([
      ["public.p", '{"op":"INSERT","table":["public","p"],"pkey":["id","k"]}'],
    ]);
  });
});
