// The rows of a table from one server to another.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { SkytoolsError } from "../../src/errors/index.ts";
import { copyTable, type CopyProgress, type CopyTableOptions } from "../../src/londiste/copy/index.ts";
import { connect, type Connection, quoteFqname } from "../../src/postgres/index.ts";
import { createDatabase, majors, type TestDatabase } from "../harness/database.ts";

/** Both directions between the oldest and the newest server, and one within the newest. */
const newest = majors().at(-1)!;
const pairs = [...new Set([`${majors()[0]!} ${newest}`, `${newest} ${majors()[0]!}`, `${newest} ${newest}`])].map(
  (pair) => pair.split(" ").map(Number) as [number, number],
);

const TYPES = `
  create type mood as enum ('sad', 'so so', 'happy');
  create domain positive as int4 check (value > 0);
  create domain moods as mood[];
  create type place as (street text, nr int4);
  create type span as range (subtype = float8)`;

const TABLES = `
  create table plain (id int8 primary key, word text, at timestamptz, price numeric(12, 3), bits bytea, js jsonb);
  create table own (id positive primary key, how mood, span span, days daterange, nrs int4[], ip inet, tags text[]);
  create table rich (id int4 primary key, home place, homes place[], hows mood[], cls regclass);
  create table "Odd ""Name" ("the id" int4 primary key, "select" text);
  create table computed (id int4 generated always as identity primary key, a int4, b int4 generated always as (a * 2) stored);
  create table cut (id int4, day date, note text, primary key (id, day)) partition by range (day);
  create table cut_a partition of cut for values from ('2026-01-01') to ('2026-02-01');
  create table cut_b partition of cut default`;

const ROWS = `
  insert into plain select i, case when i % 7 <> 0 then repeat(E'a\\\\b\\tc\\n', i % 9) || 'ü€' || i end,
    timestamptz '2026-01-01 00:00:00.123456+00' + i * interval '1.5 s', i / 7.0, decode(md5(i::text), 'hex'),
    jsonb_build_object('i', i, 'x', null) from generate_series(1, 30000) i;
  insert into own select i, (enum_range(null::mood))[1 + i % 3], span(i, i + 0.1), daterange('2026-01-01', '2026-01-01'::date + i),
    array[i, null, -i], '10.0.0.1'::inet + i, array['a,b', '"', null] from generate_series(1, 500) i;
  insert into rich select i, row('a "road"', i)::place, array[row(null, i::int4)::place], array['so so']::mood[], 'plain'::regclass
    from generate_series(1, 50) i;
  insert into "Odd ""Name" values (1, 'one'), (2, null);
  insert into computed (a) values (1), (null), (3);
  insert into cut select i, date '2026-01-20' + i, 'n' || i from generate_series(1, 40) i`;

describe.each(pairs)("from PostgreSQL %i to %i", (from, to) => {
  let sides: { readonly db: TestDatabase; readonly admin: Connection }[];

  beforeAll(async () => {
    sides = await Promise.all(
      [from, to].map(async (major) => {
        const db = await createDatabase(major, "template1");
        const admin = await connect(db.url, { env: {} });
        await admin.execute(`create table shift_oids (i int4); drop table shift_oids; ${TYPES}; ${TABLES}`);
        return { db, admin };
      }),
    );
    await sides[0]!.admin.execute(ROWS);
  });
  afterAll(async () => {
    for (const { db, admin } of sides) {
      await admin.close();
      await db.drop();
    }
  });

  const copy = (table: string, options: Partial<CopyTableOptions> = {}) =>
    copyTable({
      source: () => connect(sides[0]!.db.url, { env: {} }),
      target: () => connect(sides[1]!.db.url, { env: {} }),
      sourceTable: table,
      targetTable: table,
      ...options,
    });
  const rows = async (side: number, table: string, order: string): Promise<unknown> =>
    await sides[side]!.admin.one(
      `select count(*)::int4 as n, md5(string_agg(t::text, '|' order by ${order})) as sum from ${table} t`,
    );

  test.each([
    ["public.plain", "id"],
    ["public.own", "id"],
    ["public.rich", "id"],
    ['public.Odd "Name', '"the id"'],
    ["public.computed", "id"],
    ["public.cut", "id"],
  ])("%s arrives as it is", async (table, order) => {
    const result = await copy(table);

    const here = await rows(1, quoteFqname(table), order);
    expect(here).toEqual(await rows(0, quoteFqname(table), order));
    expect(here).toMatchObject({ n: Number(result.rows) });
    expect(result.snapshot).toMatch(/^\d+:\d+:/);
  });

  test("a condition, fewer columns and another name are kept to", async () => {
    await sides[1]!.admin.execute("create table part_of (word text, id int4, own_column text default 'here')");

    await copy("public.plain", { targetTable: "public.part_of", condition: "id % 1000 = 0", columns: ["id", "word"] });

    const part = await sides[1]!.admin.query("select id, word, own_column from part_of order by id limit 2");
    expect(part).toEqual([
      { id: 1000, word: expect.stringContaining("ü€1000") as string, own_column: "here" },
      { id: 2000, word: expect.stringContaining("ü€2000") as string, own_column: "here" },
    ]);
  });

  test("a table and a partitioned one can be copied into each other", async () => {
    await sides[1]!.admin
      .execute(`create table whole (like cut); create table pieces (like plain) partition by hash (id);
      create table pieces_0 partition of pieces for values with (modulus 2, remainder 0);
      create table pieces_1 partition of pieces for values with (modulus 2, remainder 1)`);

    await copy("public.cut", { targetTable: "public.whole" });
    await copy("public.plain", { targetTable: "public.pieces" });

    expect(await rows(1, "whole", "id")).toEqual(await rows(0, "cut", "id"));
    expect(await rows(1, "pieces", "id")).toEqual(await rows(0, "plain", "id"));
  });

  test("columns that the source computes are copied where the target stores them", async () => {
    await sides[1]!.admin.execute("create table stored (id int4, a int4, b int4)");

    await copy("public.computed", { targetTable: "public.stored" });

    expect(await rows(1, "stored", "id")).toEqual(await rows(0, "computed", "id"));
  });

  test("a copy in ranges sees one moment, whatever is written meanwhile", async () => {
    const { admin } = sides[0]!;
    await admin.execute(`create table big as select i as id, repeat('x', 900) as body from generate_series(1, 60000) i;
      alter table big add primary key (id)`);
    await sides[1]!.admin.execute("create table big (id int4, body text)");
    const told: CopyProgress[] = [];
    const writing: Promise<unknown>[] = [];

    const result = await copy("public.big", {
      connections: 2,
      onProgress: (progress) => {
        told.push(progress);
        if (writing.length > 0) return;
        writing.push(
          admin.execute(`begin; delete from big where id % 2 = 0; update big set body = 'new';
            insert into big values (0, 'late'); commit`),
        );
      },
    });

    expect(result.rows).toBe(60_000n);
    const seen = await sides[1]!.admin.one(
      "select count(distinct id)::int4 as n, min(id) as least, bool_and(length(body) = 900) as old from big",
    );
    expect(seen).toEqual({ n: 60_000, least: 1, old: true });
    expect(told.at(-1)).toMatchObject({ rows: 60_000n, fraction: 1, phase: "copying" });
    expect(told.length).toBeGreaterThan(2);
    await Promise.all(writing);
  });

  test("a connection that is free copies too, and is given back after its range when somebody wants it", async () => {
    await sides[0]!.admin.execute(
      "create table wide as select i as id, repeat('x', 900) as body from generate_series(1, 80000) i",
    );
    await sides[1]!.admin.execute("create table wide (id int4, body text)");
    const rangesOf = new Map<Connection, number>();
    const told: string[] = [];
    const take = (): (() => void) | null => {
      if (told.length > 0) return null;
      told.push("taken");
      return () => told.push("given back");
    };

    const result = await copy("public.wide", {
      spare: { most: 2, take, isWanted: () => rangesOf.size > 0 },
      record: {
        begin: () => Promise.resolve([]),
        stored(session) {
          rangesOf.set(session, (rangesOf.get(session) ?? 0) + 1);
          return Promise.resolve();
        },
      },
    });

    expect(result.rows).toBe(80_000n);
    expect(told).toEqual(["taken", "given back"]);
    expect([...rangesOf.values()].toSorted()).toEqual([1, 3]);
  });

  test.each([
    { what: "after", isStored: true },
    { what: "before", isStored: false },
  ])("a connection that is lost $what the commit of a range leaves no row twice and none out", async ({ isStored }) => {
    await sides[0]!.admin.execute(
      "drop table if exists keyless; create table keyless as select i % 10 as n from generate_series(1, 5000) i",
    );
    await sides[1]!.admin.execute("drop table if exists keyless; create table keyless (n int4)");
    let losses = 0;
    const target = async (): Promise<Connection> => {
      const db = await connect(sides[1]!.db.url, { env: {} });
      const execute = db.execute.bind(db);
      db.execute = async (script, options) => {
        if (script !== "commit" || losses > 0) return await execute(script, options);
        losses += 1;
        if (isStored) await execute(script, options);
        db.giveUp(new SkytoolsError("CONNECTION_LOST", "the network is gone"));
        return await execute(script, options);
      };
      return db;
    };

    const result = await copy("public.keyless", { target });

    expect(losses).toBe(1);
    expect(result.rows).toBe(5000n);
    expect(await sides[1]!.admin.one("select count(*)::int4 as n from keyless")).toEqual({ n: 5000 });
  });

  test("rows that a policy hides are not left out: the server refuses", async () => {
    const [{ db, admin }] = sides as [(typeof sides)[0]];
    const role = `reader_${db.name}`;
    await admin.execute(`create role ${role} login password 'x'; grant select on own to ${role};
      alter table own enable row level security`);
    const asReader = new URL(db.url);
    [asReader.username, asReader.password] = [role, "x"];

    const copied = copy("public.own", { source: () => connect(asReader.href, { env: {} }) });

    await expect(copied).rejects.toThrow(/row-level security/);
    await admin.execute(`alter table own disable row level security; drop owned by ${role}; drop role ${role}`);
  });

  test("a table that is missing on one side is an error that names it", async () => {
    await expect(copy("public.nowhere")).rejects.toMatchObject({
      code: "COPY_FAILED",
      message: expect.stringContaining("public.nowhere") as string,
    });
  });
});
