// JSON capture of tables and columns of rarer kinds.
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { captureBench, type CaptureBench } from "../harness/capture.ts";
import { majors } from "../harness/database.ts";

describe.each(majors())("rarer kinds on PostgreSQL %i", (major) => {
  let bench: CaptureBench;
  beforeEach(async () => {
    bench = await captureBench(major);
  });
  afterEach(() => bench.db.drop());

  test.each(["statement", "row"])("stored generated columns are in the events of the %s form", async (form) => {
    await bench.run("create table t (id int primary key, n int, twice int generated always as (n * 2) stored)");
    await bench.capture("t", { form });

    await bench.run("insert into t values (1, 2)", "update t set n = 3", "delete from t");

    expect(await bench.log()).toEqual([
      'INSERT {"id":1,"n":2,"twice":4}',
      'UPDATE {"id":1,"n":3,"twice":6}',
      'DELETE {"id":1,"n":3,"twice":6}',
    ]);
  });

  // a server that knows none has nothing to be tested
  test.each(major >= 18 ? ["statement", "row"] : [])(
    "virtual generated columns are NULL in the events of the %s form, also when they come later",
    async (form) => {
      await bench.run("create table t (id int primary key, n int, twice int generated always as (n * 2) virtual)");
      await bench.capture("t", { form });

      await bench.run("insert into t values (1, 2), (2, 2)", "update t set n = 3 where id = 1");
      await bench.run("update t set n = 4", "update t set id = id + 2", "delete from t where id = 3");
      await bench.run("alter table t add more text generated always as ('x') virtual", "update t set n = 5");

      expect(await bench.log()).toEqual([
        'INSERT {"id":1,"n":2,"twice":null}',
        'INSERT {"id":2,"n":2,"twice":null}',
        'UPDATE {"id":1,"n":3,"twice":null}',
        'UPDATE {"id":2,"n":4,"twice":null}',
        'UPDATE {"id":1,"n":4,"twice":null}',
        'DELETE {"id":2,"n":4,"twice":null}',
        'INSERT {"id":4,"n":4,"twice":null}',
        'DELETE {"id":1,"n":4,"twice":null}',
        'INSERT {"id":3,"n":4,"twice":null}',
        'DELETE {"id":3,"n":4,"twice":null}',
        'UPDATE {"id":4,"n":5,"twice":null,"more":null}',
      ]);
    },
  );

  test.each(["statement", "row"])("columns may have the names that the functions of the %s form use", async (form) => {
    const names = ["_pgq_d", "_pgq_b", "_pgq_rn", "_pgq_to", "_pgq_table", "_pgq_json", "_pgq_sql", "_pgq_x_when"];
    const others = ["part", "ev_type", "new_table", "old_table", "n", "o", "e", "s", "x"];
    const columns = [...names, ...others].map((name) => `${name} text default '${name}'`);
    await bench.run(
      `create table t (id int primary key, ${columns.join(", ")})`,
      `create table p (like t including all) partition by range (id)`,
      "create table p_1 partition of p default",
    );
    await bench.capture("t", { form, backup: true });
    await bench.capture("p", { form: "row", when: "_pgq_d is not null" });

    for (const table of ["t", "p"]) {
      await bench.run(`insert into ${table} (id) values (1), (2)`, `update ${table} set _pgq_d = 'new'`);
      await bench.run(`update ${table} set id = id + 2 where id = 1`, `update ${table} set id = 9 - id`);
      await bench.run(
        `delete from ${table}`,
        `alter table ${table} add more int`,
        `insert into ${table} (id) values (7)`,
      );
    }

    const events = await bench.events();
    const tables = [...Array<string>(13).fill("public.t"), ...Array<string>(13).fill("public.p_1")];
    expect(events.map(({ table }) => table)).toEqual(tables);
    expect(events[2]?.data).toContain('{"id":1,"_pgq_d":"new","_pgq_b":"_pgq_b","_pgq_rn":"_pgq_rn"');
    expect(events[2]?.old).toContain('{"id":1,"_pgq_d":"_pgq_d"');
    expect(events[15]?.type).toBe('{"op":"UPDATE","table":["public","p_1"],"pkey":["id"]}');
  });

  test("keys of two columns, of an array type, and with NULL in them are compared row by row", async () => {
    await bench.run(
      "create table two (a int, b text, n int, primary key (a, b))",
      "create table arr (k int[] primary key, n int)",
      "create table free (k text, n int)",
    );
    await bench.capture("two");
    await bench.capture("arr");
    await bench.capture("free", { pkey: ["k"] });

    await bench.run("insert into two values (1, 'x', 0), (2, 'y', 0)", "update two set n = 1");
    await bench.run("update two set n = 2, a = case b when 'x' then 3 else a end");
    const two = await bench.log();
    await bench.run("insert into arr values ('{1,2}', 0)", "update arr set n = 1", "update arr set k = '{1}'");
    const arr = await bench.log();
    await bench.run("insert into free values (null, 0)", "update free set n = 1", "update free set k = 'x'");

    expect(two).toEqual([
      'INSERT {"a":1,"b":"x","n":0}',
      'INSERT {"a":2,"b":"y","n":0}',
      'UPDATE {"a":1,"b":"x","n":1}',
      'UPDATE {"a":2,"b":"y","n":1}',
      'DELETE {"a":1,"b":"x","n":1}',
      'INSERT {"a":3,"b":"x","n":2}',
      'UPDATE {"a":2,"b":"y","n":2}',
    ]);
    expect(arr).toEqual([
      'INSERT {"k":"{1,2}","n":0}',
      'UPDATE {"k":"{1,2}","n":1}',
      'DELETE {"k":"{1,2}","n":1}',
      'INSERT {"k":"{1}","n":1}',
    ]);
    expect(await bench.log()).toEqual([
      'INSERT {"k":null,"n":0}',
      'UPDATE {"k":null,"n":1}',
      'DELETE {"k":null,"n":1}',
      'INSERT {"k":"x","n":1}',
    ]);
  });

  // slow, and the same on all
  test.each(
    majors()
      .slice(-1)
      .filter((last) => last === major),
  )("more rows than are compared as arrays make the same events", async () => {
    await bench.run(
      "create table t (id int primary key, n int)",
      "insert into t select i, 0 from generate_series(1, 100002) i",
    );
    await bench.capture("t", { ops: ["UPDATE"] });

    await bench.run("update t set n = 1");
    await bench.run("update t set n = 2, id = case id when 7 then -7 else id end");

    const counted =
      "select array_agg(c order by o) from (select ev_type::json->>'op' as o, count(*)::int as c from pgq.event_1 group by 1) s";
    expect(await bench.value(counted)).toEqual([1, 1, 200_003]);
  });
});
