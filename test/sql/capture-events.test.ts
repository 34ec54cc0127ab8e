// JSON capture: which events the changes of a table make.
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { captureBench, type CaptureBench } from "../harness/capture.ts";
import { majors } from "../harness/database.ts";

describe.each(majors())("capture on PostgreSQL %i", (major) => {
  let bench: CaptureBench;
  beforeEach(async () => {
    bench = await captureBench(major);
    await bench.run("create table t (id int primary key, a text, n numeric)");
  });
  afterEach(() => bench.db.drop());

  test("inserts, updates, deletes and truncate make the events of jsontriga", async () => {
    await bench.capture("t");

    await bench.run("insert into t values (1, 'x\"y', 1.50), (2, null, null)", "update t set a = 'z' where id = 1");
    await bench.run("delete from t where id = 2", "truncate t");

    const key = '"table":["public","t"],"pkey":["id"]}';
    expect(await bench.events()).toEqual([
      { type: `{"op":"INSERT",${key}`, data: '{"id":1,"a":"x\\"y","n":"1.50"}', table: "public.t", old: null },
      { type: `{"op":"INSERT",${key}`, data: '{"id":2,"a":null,"n":null}', table: "public.t", old: null },
      { type: `{"op":"UPDATE",${key}`, data: '{"id":1,"a":"z","n":"1.50"}', table: "public.t", old: null },
      { type: `{"op":"DELETE",${key}`, data: '{"id":2,"a":null,"n":null}', table: "public.t", old: null },
      { type: `{"op":"TRUNCATE",${key}`, data: "{}", table: "public.t", old: null },
    ]);
  });

  test("calling create_capture again leaves it, new options change it", async () => {
    const results = [
      await bench.capture("t"),
      await bench.capture("t"),
      await bench.capture("t", { form: "row" }),
      await bench.capture("t", { form: "row", ops: ["INSERT"] }),
    ];
    await bench.run("insert into t values (1, 'a', 1)", "update t set a = 'b'");

    expect(results).toEqual(["created", "unchanged", "changed", "changed"]);
    expect(await bench.log()).toEqual(['INSERT {"id":1,"a":"a","n":"1"}']);
  });

  test.each(["statement", "row"])("a changed key makes a delete and an insert in the %s form", async (form) => {
    await bench.run("insert into t values (1, 'a', 1), (2, 'b', 2)");
    await bench.run("alter table t drop constraint t_pkey, add primary key (id) deferrable");
    await bench.capture("t", { form });

    await bench.run("update t set id = 3 where id = 1", "update t set id = 5 - id", "update t set a = 'c'");

    expect(await bench.log()).toEqual([
      'DELETE {"id":1,"a":"a","n":"1"}',
      'INSERT {"id":3,"a":"a","n":"1"}',
      'DELETE {"id":2,"a":"b","n":"2"}',
      'INSERT {"id":3,"a":"b","n":"2"}',
      'DELETE {"id":3,"a":"a","n":"1"}',
      'INSERT {"id":2,"a":"a","n":"1"}',
      'UPDATE {"id":3,"a":"c","n":"2"}',
      'UPDATE {"id":2,"a":"c","n":"1"}',
    ]);
  });

  test.each(["statement", "row"])("ignored columns make no events, backup adds the old row, %s form", async (form) => {
    await bench.capture("t", { ignore: ["a"], backup: true, form });

    await bench.run("insert into t values (1, 'a', 1.0), (2, 'b', 2)");
    await bench.run("update t set a = 'q', n = 1.00 where id = 1", "update t set n = n + 1", "update t set a = 'same'");
    await bench.run("update t set a = a where id = 1", "update t set a = 'x', n = 9 where id = 2");

    expect((await bench.events()).map(({ data, old }) => [data, old])).toEqual([
      ['{"id":1,"n":"1.0"}', null],
      ['{"id":2,"n":"2"}', null],
      ['{"id":2,"n":"3"}', '{"id":2,"n":"2"}'],
      ['{"id":1,"n":"2.00"}', '{"id":1,"n":"1.00"}'],
      ['{"id":1,"n":"2.00"}', '{"id":1,"n":"2.00"}'],
      ['{"id":2,"n":"9"}', '{"id":2,"n":"3"}'],
    ]);
  });

  test("expressions choose rows and give fields", async () => {
    await bench.capture("t", { when: "a <> 'skip'", ev_type: "'T' || id", ev_extra2: "n > 1" });

    await bench.run("insert into t values (1, 'a', 1), (2, 'skip', 2)", "update t set n = 3 where id = 1");

    expect((await bench.events()).map(({ type, old }) => [type, old])).toEqual([
      ["T1", "f"],
      ["T1", "t"],
    ]);
  });

  test("upsert, COPY-like inserts and data-modifying queries make one event a row", async () => {
    await bench.capture("t");

    await bench.run("insert into t select i, 'a', i from generate_series(1, 3) i");
    await bench.run("insert into t values (1, 'u', 1), (4, 'n', 4) on conflict (id) do update set a = 'u'");
    await bench.run("with d as (delete from t where id = 2 returning *) insert into t select id, 'back', n from d");

    expect((await bench.log()).slice(3).sort()).toEqual([
      'DELETE {"id":2,"a":"a","n":"2"}',
      'INSERT {"id":2,"a":"back","n":"2"}',
      'INSERT {"id":4,"a":"n","n":"4"}',
      'UPDATE {"id":1,"a":"u","n":"1"}',
    ]);
  });

  test("an update made for few rows is fast for many as well", async () => {
    await bench.capture("t", { backup: true });
    await bench.run(
      "insert into t select i, 'a', i from generate_series(1, 20000) i",
      "update t set a = 'b' where id < 3",
    );

    await bench.run("set statement_timeout = '60s'", "update t set a = 'c'");

    expect(await bench.value("select count(*)::int from pgq.event_1")).toBe(40_002);
  });

  test("rolled-back changes make no events", async () => {
    await bench.capture("t");

    await bench.run("begin", "insert into t values (1, 'a', 1)", "savepoint s", "insert into t values (2, 'b', 2)");
    await bench.run("rollback to s", "insert into t values (3, 'c', 3)", "commit");

    expect(await bench.log()).toEqual(['INSERT {"id":1,"a":"a","n":"1"}', 'INSERT {"id":3,"a":"c","n":"3"}']);
  });

  test("the role local logs nothing, the role replica only what is enabled for it", async () => {
    await bench.run("create table r (id int primary key)");
    await bench.capture("t");
    await bench.capture("r", { enable: "replica" });

    await bench.run("set session_replication_role = local", "insert into t values (1)", "insert into r values (1)");
    await bench.run("set session_replication_role = replica", "insert into t values (2)", "insert into r values (2)");
    await bench.run("reset session_replication_role", "insert into t values (3)", "insert into r values (3)");

    expect(await bench.log()).toEqual(['INSERT {"id":2}', 'INSERT {"id":3,"a":null,"n":null}']);
  });

  test("a disabled queue and a limit on events per transaction are seen at once", async () => {
    await bench.capture("t");
    const other = await bench.db.connect();
    await other.query("insert into t values (1)");

    await bench.run("update pgq.queue set queue_disable_insert = true");
    await expect(other.query("insert into t values (2)")).rejects.toThrow("Insert into queue disallowed");
    await bench.run("update pgq.queue set queue_disable_insert = false, queue_per_tx_limit = 1");
    await expect(other.query("insert into t values (2), (3)")).rejects.toThrow("allows max 1 events from one TX");
    await bench.run("update pgq.queue set queue_per_tx_limit = null");
    await other.query("insert into t values (2), (3)");

    expect(await bench.log()).toHaveLength(3);
  });

  test("a transaction in any isolation level writes where consumers look after a rotation", async () => {
    await bench.capture("t");
    const other = await bench.db.connect();
    await other.query("begin isolation level repeatable read");
    await other.query("select 1");

    await bench.run(
      "update pgq.queue set queue_switch_time = '2000-01-01'",
      "select pgq.maint_rotate_tables_step1('q')",
    );
    await bench.run("select pgq.maint_rotate_tables_step2()");
    await other.query("insert into t values (1)");
    await other.query("commit");

    expect(await bench.value("select tableoid::regclass::text from pgq.event_1")).toBe("pgq.event_1_1");
  });
});
