import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { systemClock } from "../../../src/clock/index.ts";
import { compareTable } from "../../../src/londiste/compare/index.ts";
import { type RepairOptions, repairTable, type TableRepair } from "../../../src/londiste/repair/index.ts";
import { connect } from "../../../src/postgres/index.ts";
import { silentLogger } from "../../../src/service/index.ts";
import { majorPairs } from "../../harness/major-pairs.ts";
import { createTwoDatabases, type TwoDatabases } from "../../harness/two-databases.ts";

describe.each(majorPairs())("repairing a table from another database ($from to $to)", (pair) => {
  let two: TwoDatabases;

  beforeAll(async () => {
    two = await createTwoDatabases(pair);
  });
  afterAll(async () => {
    await two[Symbol.asyncDispose]();
  });

  function sides(table: string, dest: string): Pick<RepairOptions, "source" | "target" | "clock" | "settleIntervalMs"> {
    return {
      source: { open: two.openSource, table },
      target: { open: two.openTarget, table: dest },
      clock: systemClock,
      settleIntervalMs: 10,
    };
  }

  function repair(table: string, options: Partial<RepairOptions> & { dest?: string } = {}): Promise<TableRepair> {
    const { dest = table, ...others } = options;
    return repairTable({ ...sides(table, dest), log: silentLogger, isApplied: true, ...others });
  }

  async function expectEqual(table: string, dest = table): Promise<void> {
    expect(await compareTable(sides(table, dest))).toMatchObject({ isEqual: true, inFlight: 0 });
  }

  test("missing, changed and extra rows are made as on the source", async () => {
    await two.both(`
      create type public.mood as enum ('sad', 'glad');
      create table public.mixed (id int generated always as identity primary key, m public.mood, n numeric, at timestamptz,
        arr text[], j json, twice numeric generated always as (n * 2) stored);
      insert into public.mixed (m, n, at, arr, j)
      select 'sad', i / 3.0, '2026-01-01 UTC'::timestamptz + i * interval '1 us', array['a"b', null, e'x\\\\y'], '{"k": 1}'
      from generate_series(1, 3000) i`);
    await two.b.query("delete from public.mixed where id in (1, 1500, 3000)");
    await two.b.query("update public.mixed set n = null, j = null where id % 700 = 0");
    await two.b.query("insert into public.mixed (id, m) overriding system value values (-1, 'glad'), (9999, null)");

    const result = await repair("public.mixed");

    expect(result).toMatchObject({ applied: { inserts: 3, updates: 4, deletes: 2 }, remaining: 0 });
    await expectEqual("public.mixed");
  });

  test("the statements of a preview do the same when psql runs them, and changed nothing before", async () => {
    await two.both(`
      create table public.shown (a int, b text, p point, v jsonb, note text, primary key (a, b));
      insert into public.shown select i, 'it''s ' || i, point(i, 1), '{"x": 1.0}', null from generate_series(1, 20) i`);
    await two.b.query("delete from public.shown where a = 3");
    await two.b.query("update public.shown set p = null, note = e'back\\\\slash' where a = 4");
    await two.b.query("insert into public.shown values (99, 'extra', point(1, 1), null, 'x')");
    let text = "";

    const result = await repair("public.shown", {
      isApplied: false,
      onStatements: (piece) => {
        text += piece;
        return Promise.resolve();
      },
    });
    const untouched = await two.b.query("select count(*)::int as n from public.shown where a = 99 or a = 3");
    await two.b.query(text);

    expect(result).toMatchObject({ applied: { inserts: 0, updates: 0, deletes: 0 }, remaining: 3 });
    expect(untouched.rows).toEqual([{ n: 1 }]);
    expect(text).toContain("update only public.shown set p = '(4,1)', note = null where a = '4' and b = 'it''s 4'");
    await expectEqual("public.shown");
  });

  test.each(["partitioned", "partitioned, without a key", "with a unique value that an extra row has"])(
    "the statements of a preview work on a table that is %s",
    async (kind) => {
      const name = `public.preview_${kind.replaceAll(/\W+/g, "_")}`;
      const key = kind === "partitioned, without a key" ? "" : ", primary key (a)";
      const how = kind.startsWith("partitioned") ? "partition by range (a)" : "";
      await two.both(`create table ${name} (a int, u int, note text${key}) ${how}`);
      if (how === "") await two.both(`alter table ${name} add unique (u)`);
      else {
        await two.both(`create table ${name}_1 partition of ${name} for values from (minvalue) to (10);
          create table ${name}_2 partition of ${name} default`);
      }
      await two.both(`insert into ${name} select i, 2 * i, 'row ' || i from generate_series(1, 20) i`);
      await two.b.query(
        `update ${name} set u = 7 where a = 4; update ${name} set u = 9 where a = 12; delete from ${name} where a = 15`,
      );
      await two.b.query(`insert into ${name} values (5000, 24, 'extra'), (-1, 30, 'extra')`);
      let text = "";

      await repair(name, { isApplied: false, onStatements: (piece) => Promise.resolve(void (text += piece)) });
      await two.b.query(text);

      await expectEqual(name);
    },
  );

  test("rows that a policy hides are no missing ones: nothing is deleted, the server's refusal comes out", async () => {
    await two.both(
      "create table public.hidden (id int primary key, v text); insert into public.hidden values (1, 'a')",
    );
    const role = `reader_${two.source.name}`;
    await two.a.query(`create role ${role} login password 'x'; grant select on public.hidden to ${role}`);
    await two.a.query("alter table public.hidden enable row level security");
    const asReader = new URL(two.source.url);
    [asReader.username, asReader.password] = [role, "x"];
    const source = { open: () => connect(asReader.href, { env: {} }), table: "public.hidden" };

    await expect(compareTable({ ...sides("public.hidden", "public.hidden"), source })).rejects.toThrow(
      /row-level security/,
    );
    await expect(repair("public.hidden", { source })).rejects.toThrow(/row-level security/);

    expect((await two.b.query("select from public.hidden")).rowCount).toBe(1);
    await two.a.query(`drop owned by ${role}; drop role ${role}`);
  });

  test("a table without a key gets its missing copies and loses those that are too many", async () => {
    await two.both(
      "create table public.bag (a int, b text); insert into public.bag select i % 5, 'x' from generate_series(1, 50) i",
    );
    await two.b.query("delete from public.bag where ctid in (select ctid from public.bag where a = 1 limit 3)");
    await two.b.query("insert into public.bag values (2, 'x'), (2, 'x'), (7, null)");

    const result = await repair("public.bag");

    expect(result).toMatchObject({ applied: { inserts: 3, updates: 0, deletes: 3 }, remaining: 0 });
    await expectEqual("public.bag");
  });

  test("an empty target is filled, a renamed and partitioned one too", async () => {
    await two.a.query("create table public.full (id int primary key, d date, v text)");
    await two.a.query(
      "insert into public.full select i, '2026-01-01'::date + i % 2, md5(i::text) from generate_series(1, 25000) i",
    );
    await two.b
      .query(`create schema s; create table s."Parts" (id int primary key, d date, v text) partition by range (id);
      create table s.p1 partition of s."Parts" for values from (minvalue) to (1000);
      create table s.p2 partition of s."Parts" default`);

    const result = await repair("public.full", { dest: "s.Parts" });

    expect(result).toMatchObject({ applied: { inserts: 25000 }, remaining: 0 });
    await expectEqual("public.full", "s.Parts");
  });

  test("rows that exchange a unique value, and a row that another one is in the way of, end as on the source", async () => {
    await two.both(
      "create table public.uniq (id int primary key, u int unique); insert into public.uniq values (1, 10), (2, 20), (3, 30)",
    );
    await two.a.query("update public.uniq set u = 31 where id = 3; insert into public.uniq values (4, 30)");
    await two.b.query("insert into public.uniq values (5, 31)");

    const result = await repair("public.uniq");

    expect(result).toMatchObject({ applied: { inserts: 1, updates: 1, deletes: 1 }, remaining: 0 });
    await expectEqual("public.uniq");
  });

  test("a row that cannot be written remains, the others are repaired", async () => {
    await two.both("create table public.checked (id int primary key, v int)");
    await two.b.query("alter table public.checked add check (v < 100)");
    await two.a.query("insert into public.checked values (1, 1), (2, 200), (3, 3)");

    const result = await repair("public.checked");

    expect(result).toMatchObject({ applied: { inserts: 2, updates: 0, deletes: 0 }, remaining: 1 });
  });

  test("a row that changed after it was compared is left alone", async () => {
    await two.both(
      "create table public.moved (id int primary key, v int); insert into public.moved values (1, 1), (2, 2)",
    );
    await two.b.query("update public.moved set v = 50");

    const result = await repair("public.moved", {
      onStatements: async () => {
        await two.b.query("update public.moved set v = 77 where id = 1");
      },
    });

    expect(result).toMatchObject({ applied: { updates: 1 }, remaining: 1 });
    expect((await two.b.query("select v from public.moved order by id")).rows).toEqual([{ v: 77 }, { v: 2 }]);
  });
});
