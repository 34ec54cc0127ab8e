// JSON capture: who may do what, and wrong use.
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { captureBench, type CaptureBench } from "../harness/capture.ts";
import { majors } from "../harness/database.ts";

const WRONG: readonly (readonly [string, string, object, string])[] = [
  ["an unknown option", "t", { pkeys: ["id"] }, "unknown option: pkeys"],
  ["a wrong type", "t", { backup: "yes" }, "option backup must be of type boolean"],
  ["an unknown column", "t", { ignore: ["nope"] }, "has no column nope"],
  ["a missing key", "nokey", {}, "has no primary key"],
  ["an unknown operation", "t", { ops: ["MERGE"] }, "unknown operation in option ops: MERGE"],
  ["no operation", "t", { ops: [] }, "option ops is empty"],
  ["an unknown form", "t", { form: "both" }, "unknown form: both"],
  ["the statement form of a partitioned table", "p", { form: "statement" }, "it is partitioned"],
  ["an expression that does not parse", "t", { when: "nope > 1" }, 'column "nope" does not exist'],
  ["a condition that is not boolean", "t", { when: "id" }, "must be type boolean"],
  ["a view", "v", {}, "is a view"],
];

describe.each(majors())("rights and wrong use on PostgreSQL %i", (major) => {
  let bench: CaptureBench;
  beforeEach(async () => {
    bench = await captureBench(major);
    await bench.run(
      "create table t (id int primary key, a text)",
      "create table nokey (a int)",
      "create view v as select 1 as x",
    );
    await bench.run("create table p (id int primary key) partition by list (id)");
  });
  afterEach(() => bench.db.drop());

  test.each(WRONG)("%s is refused and leaves nothing", async (_what, table, options, message) => {
    await expect(bench.capture(table, options)).rejects.toThrow(message);

    expect(await bench.value("select count(*)::int from pgq.capture")).toBe(0);
    expect(await bench.value("select count(*)::int from pg_trigger where tgname like '\\_pgq\\_capture\\__\\_%'")).toBe(
      0,
    );
  });

  test("an unknown queue is refused", async () => {
    await expect(bench.run("select pgq.create_capture('nope', 't')")).rejects.toThrow("queue not found: nope");
  });

  test("drop_capture ends it, drop_queue asks for force", async () => {
    await bench.capture("t");

    await expect(bench.run("select pgq.drop_queue('q')")).rejects.toThrow("tables are still captured: public.t");
    const dropped = [
      await bench.value("select pgq.drop_capture('q', 't')"),
      await bench.value("select pgq.drop_capture('q', 't')"),
    ];
    await bench.run("insert into t values (1)");
    const log = await bench.log();
    await bench.capture("t");
    await bench.run("select pgq.drop_queue('q', true)", "insert into t values (2)");

    expect([dropped, log]).toEqual([[1, 0], []]);
  });

  test("an owner who is pgq_admin captures, a user without any right to the queue makes events", async () => {
    const [owner, user] = [`own_${bench.db.name}`, `use_${bench.db.name}`];
    await bench.run(`create role ${owner} login in role pgq_admin`, `create role ${user} login`);
    try {
      await bench.run(`alter table t owner to ${owner}`, `grant insert on t to ${user}`);
      const [admin, writer] = [await bench.db.connect(owner), await bench.db.connect(user)];
      await admin.query("select pgq.create_capture('q', 't')");
      await writer.query("insert into t values (1, 'a')");

      expect(await bench.log()).toEqual(['INSERT {"id":1,"a":"a"}']);
      await expect(writer.query("select pgq.create_capture('q', 't')")).rejects.toThrow("permission denied");
      await expect(admin.query("select pgq.create_capture('q', 'nokey', '{\"ops\": [\"INSERT\"]}')")).rejects.toThrow(
        "permission denied",
      );
    } finally {
      await bench.db.drop();
      const { default: pg } = await import("pg");
      const server = new pg.Client(new URL("/postgres", bench.db.url).href);
      await server.connect();
      await server.query(`drop role ${owner}, ${user}`);
      await server.end();
    }
  });

  test("operators and functions in the session's search_path are not used", async () => {
    await bench.run(
      "create schema evil",
      "create function evil.eq(int, int) returns bool language plpgsql as 'begin raise exception ''evil''; end'",
    );
    await bench.run("create operator evil.= (leftarg = int, rightarg = int, function = evil.eq)");
    await bench.run("create operator evil.<> (leftarg = int, rightarg = int, function = evil.eq)");
    await bench.run(
      "create function evil.format(text, int) returns text language plpgsql as 'begin raise exception ''evil''; end'",
    );
    await bench.capture("t", { ignore: ["a"] });

    await bench.run("set search_path = evil, pg_catalog, public", "insert into t values (1), (2)");
    await bench.run("update t set id = id + 10", "update t set a = 'x'", "delete from t");

    expect(await bench.log()).toHaveLength(8);
  });

  test("a generated function on another table writes nothing", async () => {
    await bench.capture("t");
    await bench.run(
      "create trigger x after insert on nokey referencing new table as new_table for each statement execute function pgq._capture_1_i()",
    );

    await expect(bench.run("insert into nokey values (1)")).rejects.toThrow("does not belong on table");
  });
});
