import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { systemClock } from "../../../src/clock/index.ts";
import {
  type ComparePlace,
  compareTable,
  type CompareOptions,
  type TableComparison,
} from "../../../src/londiste/compare/index.ts";
import { majorPairs } from "../../harness/major-pairs.ts";
import { createTwoDatabases, type TwoDatabases } from "../../harness/two-databases.ts";

type Given = Partial<Omit<CompareOptions, "source" | "target">> & {
  readonly dest?: string;
  readonly where?: string;
};

function found({ inserts, updates, deletes, undecided }: TableComparison): readonly number[] {
  return [inserts, updates, deletes, undecided];
}

describe.each(majorPairs())("comparing a table in two databases ($from to $to)", (pair) => {
  let two: TwoDatabases;

  beforeAll(async () => {
    two = await createTwoDatabases(pair);
  });
  afterAll(async () => {
    await two[Symbol.asyncDispose]();
  });

  function compare(table: string, { dest = table, where, ...options }: Given = {}): Promise<TableComparison> {
    return compareTable({
      source: { open: two.openSource, table, where: where ?? null },
      target: { open: two.openTarget, table: dest, where: where ?? null },
      clock: systemClock,
      settleIntervalMs: 10,
      ...options,
    });
  }

  test("equal tables are equal, whatever the settings of the sessions", async () => {
    await two.both(`
      create table public.plain (id int primary key, at timestamptz, days interval, f float8, data bytea);
      insert into public.plain select i, '2026-01-01 UTC'::timestamptz + i * interval '1.000001 s',
        i * interval '1 h', i / 3.0, decode(md5(i::text), 'hex') from generate_series(1, 500) i`);
    await two.b.query(`alter database ${two.target.name} set timezone = 'Asia/Tokyo'`);
    await two.b.query(`alter database ${two.target.name} set datestyle = 'German'`);
    await two.b.query(`alter database ${two.target.name} set extra_float_digits = -5`);

    const result = await compare("public.plain");

    expect(result).toMatchObject({ isEqual: true, inFlight: 0, source: { rows: 500n }, target: { rows: 500n } });
    expect(result.source.checksum).toBe(result.target.checksum);
  });

  test("rows missing first, in the middle and last, extra rows and changed ones are found", async () => {
    await two.both(`
      create table public.holes (id int primary key, v text);
      insert into public.holes select i, 'v' || i from generate_series(1, 9000) i`);
    await two.b.query("delete from public.holes where id in (1, 4500, 9000)");
    await two.b.query("update public.holes set v = v || '!' where id in (2, 7000)");
    await two.b.query("insert into public.holes values (-5, 'x'), (9001, 'y')");

    const result = await compare("public.holes");

    expect(found(result)).toEqual([3, 2, 2, 0]);
    const keys = result.examples.map(({ kind, key }) => `${kind} ${key.join()}`);
    expect(keys.sort()).toEqual(
      ["delete -5", "delete 9001", "insert 1", "insert 4500", "insert 9000", "update 2", "update 7000"].sort(),
    );
  });

  test("a snapshot that takes longer to agree on than it is to be used gets there all the same", async () => {
    await two.both("create table public.slow (id int primary key); insert into public.slow values (1)");

    const result = await compare("public.slow", {
      agree: () => systemClock.sleep(50),
      snapshotMs: 10,
      signal: AbortSignal.timeout(10_000),
    });

    expect(result.isEqual).toBe(true);
  });

  test("a comparison that was stopped goes on where it was, and does not look at what it had compared", async () => {
    await two.both(`
      create table public.stopped (id int primary key, v text);
      insert into public.stopped select i, 'v' from generate_series(1, 400000) i;
      analyze public.stopped`);
    await two.b.query("delete from public.stopped where id = 5; update public.stopped set v = 'w' where id = 400000");
    const controller = new AbortController();
    const places: ComparePlace[] = [];
    const save = (place: ComparePlace): Promise<void> => {
      places.push(JSON.parse(JSON.stringify(place)) as ComparePlace);
      if (places.length === 2) controller.abort();
      return Promise.resolve();
    };
    const options = { parallel: 1, snapshotMs: 1 };

    const stopped = compare("public.stopped", { ...options, place: { from: null, save }, signal: controller.signal });
    await expect(stopped).rejects.toThrow();
    await two.b.query("insert into public.stopped values (5, 'v')");
    const from = places[1]!;
    const result = await compare("public.stopped", { ...options, place: { from, save } });
    const other = await compare("public.stopped", { columns: ["id"], place: { from, save } });

    expect(from.ranges.length).toBeGreaterThan(0);
    expect(found(result)).toEqual([1, 1, 0, 0]);
    expect(result).toMatchObject({ isResumed: true, source: { rows: 400_000n }, target: { rows: 399_999n } });
    expect(result.examples.map(({ kind, key }) => `${kind} ${key.join()}`)).toEqual(["insert 5", "update 400000"]);
    expect(places.at(-1)?.ranges).toEqual([]);
    expect(other).toMatchObject({ isResumed: false, isEqual: true });
  });

  test("a table of many ranges is read by several sessions and each difference is found once", async () => {
    await two.both(`
      create table public.large (id bigint primary key, v text);
      insert into public.large select i * 3, md5(i::text) from generate_series(1, 240000) i;
      analyze public.large`);
    await two.b.query("update public.large set v = 'other' where id % 30000 = 0");
    await two.b.query("delete from public.large where id between 300000 and 330000");
    const seen: number[] = [];

    const result = await compare("public.large", { onProgress: ({ done }) => seen.push(done) });

    expect(found(result)).toEqual([10001, 22, 0, 0]);
    expect(result.source.rows).toBe(240000n);
    expect(result.target.rows).toBe(229999n);
    expect(seen.length).toBeGreaterThan(4);
  });

  test("an empty target lacks all rows", async () => {
    await two.both("create table public.bare (id int primary key, v text)");
    await two.a.query("insert into public.bare select i, 'v' from generate_series(1, 30000) i");
    let told = 0;

    const result = await compare("public.bare", {
      onDifferences: ({ rows }) => {
        told += rows.length;
        return Promise.resolve();
      },
    });

    expect(found(result)).toEqual([30000, 0, 0, 0]);
    expect(told).toBe(30000);
  });

  test("text keys are compared whatever the collations of the two databases", async () => {
    await two.a.query(`create table public.words (word text collate "C" primary key, n int)`);
    await two.b.query(`create table public.words (word text collate "und-x-icu" primary key, n int)`);
    await two.both(`insert into public.words
      select chr(97 + i % 26) || case when i % 2 = 0 then 'A' else 'é' end || i, i from generate_series(1, 5000) i`);
    await two.b.query("update public.words set n = -n where n in (1, 2500, 5000)");
    await two.b.query("delete from public.words where n = 77");

    expect(found(await compare("public.words"))).toEqual([1, 3, 0, 0]);
  });

  test("composite keys with a first column of few values are cut within it", async () => {
    await two.both(`
      create table public.tenant (tenant int, id int, v int, primary key (tenant, id));
      insert into public.tenant select 1, i, i from generate_series(1, 20000) i;
      insert into public.tenant values (2, 1, 1), (2, 2, 2)`);
    await two.b.query("update public.tenant set v = 0 where (tenant, id) in ((1, 9999), (2, 2))");

    expect(found(await compare("public.tenant"))).toEqual([0, 2, 0, 0]);
  });

  test("tables without a key are compared as bags of rows", async () => {
    await two.both(`
      create table public.bag (a int, b text);
      insert into public.bag select i % 1000, 'same' from generate_series(1, 4000) i`);
    await two.b.query("delete from public.bag where ctid in (select ctid from public.bag where a = 5 limit 2)");
    await two.b.query("insert into public.bag values (6, 'same'), (null, null)");

    const result = await compare("public.bag");

    expect(found(result)).toEqual([2, 0, 2, 0]);
    expect(result.match.key).toBeNull();
  });

  test("two rows that exchange the values of a column are found", async () => {
    await two.both("create table public.swap (a int, b int); insert into public.swap values (1, 10), (2, 20)");
    await two.b.query("update public.swap set b = 30 - b");

    expect(found(await compare("public.swap"))).toEqual([2, 0, 2, 0]);
  });

  test("values that are equal but written differently count as different", async () => {
    await two.both(`create table public.written (id int primary key, n numeric, f float8, j json, s char(5))`);
    await two.a.query(`insert into public.written values (1, 1.0, '-0', '{"a":1}', 'x'), (2, 2, 0, 'null', 'y')`);
    await two.b.query(`insert into public.written values (1, 1.00, '-0', '{"a":1}', 'x'), (2, 2, '-0', 'null', 'y')`);

    expect(found(await compare("public.written"))).toEqual([0, 2, 0, 0]);
  });

  test("values that a server's hash takes for one another count as different", async () => {
    await two.both("create table public.alike (id int primary key, n numeric(10,2), m numeric(10,2), i int8)");
    await two.a.query(`insert into public.alike values (1, 5.25, 0, 0), (2, 0, 'NaN', 0), (3, 1, 1, -1), (4, 0, 0, 0)`);
    await two.b.query(
      `insert into public.alike values (1, -5.25, 0, 0), (2, 'NaN', 0, 0), (3, 1, 1, 4294967295), (4, 0, 0, 0)`,
    );

    const result = await compare("public.alike");

    expect(found(result)).toEqual([0, 3, 0, 0]);
    expect(result.examples.map(({ key }) => key.join()).sort()).toEqual(["1", "2", "3"]);
  });

  test("whole numbers of different width are compared by value", async () => {
    await two.a.query("create table public.width (id int8 primary key, n int2, i int4, u int8)");
    await two.b.query("create table public.width (id int4 primary key, n int8, i int8, u int2)");
    await two.a.query("insert into public.width select i, -i, i * 1000, null from generate_series(-3, 3) i");
    await two.b.query("insert into public.width select i, -i, i * 1000, null from generate_series(-3, 3) i");
    await two.b.query("update public.width set i = i + 8589934592 where id = 2");

    expect(found(await compare("public.width"))).toEqual([0, 1, 0, 0]);
  });

  test("one value of each type hashes alike on both servers", async () => {
    await two.both(`
      create type public.mood as enum ('sad', 'glad');
      create domain public.small as int check (value < 100);
      create type public.pair as (x float8, y text);
      create table public.types (id uuid primary key, b bool, i2 int2, i4 int4, i8 int8, n numeric, n2 numeric(12,3),
        f4 float4, f8 float8, t text, v varchar(20), c char(4), d date, ts timestamp, tz timestamptz, tm time,
        tmz timetz, iv interval, by bytea, j json, jb jsonb, m public.mood, dom public.small, comp public.pair,
        arr int[], tarr text[], r int4range, mr nummultirange, tv tsvector, inet inet, mac macaddr, bits bit varying,
        p point, money money, x xml, o oid, nm name, mood_arr public.mood[]);
      insert into public.types
      select md5(i::text)::uuid, i % 2 = 0, i, -i, i * 10000000000, i / 7.0, i / 7.0, i / 7.0, i / 7.0, 'tëxt' || i,
        'v' || i, 'c', '2026-01-01'::date + i, '2026-01-01'::timestamp + i * interval '1.7 h',
        '2026-01-01 UTC'::timestamptz + i * interval '1.7 h', '10:00'::time + i * interval '1 us', '11:00+02'::timetz,
        i * interval '1 day 2 h', decode(md5(i::text), 'hex'), '{"a": 1}', '{"b": [1.50, null]}',
        case when i % 2 = 0 then 'sad'::public.mood else 'glad' end, i % 100, row((i / 3.0)::float8, 'y')::public.pair, array[i, null, 3],
        array['a b', null, '"'], int4range(1, i + 2), '{[1,2),[5,9]}', to_tsvector('simple', 'a b ' || i),
        '10.0.0.1/8', '08:00:2b:01:02:03', b'101', point(i, 1.5), 12.34, '<a>1</a>', i, 'n' || i,
        array['sad']::public.mood[]
      from generate_series(1, 300) i;
      insert into public.types (id, n, n2, f8, d, ts, tz) values
        ('00000000-0000-0000-0000-000000000000', 'NaN', 'NaN', 'NaN', 'infinity', '-infinity', 'infinity'),
        ('00000000-0000-0000-0000-000000000001', 'NaN', -0.5, '-Infinity', null, null, '-infinity')`);

    expect(await compare("public.types")).toMatchObject({ isEqual: true, source: { rows: 302n } });
  });

  test("a key whose equal values have several texts stands for a row on each side", async () => {
    await two.both(`
      create collation if not exists public.any_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
      create table public.any_case (id text collate public.any_case, nr int, v text, primary key (id, nr));
      insert into public.any_case select 'Ä' || i, 1, i from generate_series(1, 1000) i`);
    await two.b.query("update public.any_case set id = lower(id) where nr = 1 and id in ('Ä7', 'Ä70')");
    await two.b.query("update public.any_case set v = 'other' where id = 'Ä700'");

    const result = await compare("public.any_case");

    expect(found(result)).toEqual([2, 1, 2, 0]);
  });

  test("columns that only one side has are left out and named, and a list of columns is held to", async () => {
    await two.a.query("create table public.cols (id int primary key, v text, old int)");
    await two.b.query(
      "create table public.cols (v text, id int primary key, fresh int, twice int generated always as (id * 2) stored)",
    );
    await two.a.query("insert into public.cols values (1, 'a', 5), (2, 'b', 6)");
    await two.b.query("insert into public.cols (id, v) values (1, 'a'), (2, 'x')");

    const all = await compare("public.cols");
    const ids = await compare("public.cols", { columns: ["id"] });

    expect(found(all)).toEqual([0, 1, 0, 0]);
    expect(all.match).toMatchObject({ onlySource: ["old"], onlyTarget: ["fresh", "twice"] });
    expect(ids.isEqual).toBe(true);
    await expect(compare("public.cols", { columns: ["nope"] })).rejects.toThrow(`no column "nope"`);
  });

  test("renamed, partitioned and filtered tables are compared", async () => {
    await two.a
      .query(`create table public.log (id int, day date, v text, primary key (id, day)) partition by range (day);
      create table public.log_1 partition of public.log for values from ('2026-01-01') to ('2026-02-01');
      create table public.log_2 partition of public.log for values from ('2026-02-01') to ('2026-03-01')`);
    await two.b.query(
      `create schema other; create table other."Log 2" (id int, day date, v text, primary key (id, day))`,
    );
    const rows = "select i, '2026-01-01'::date + i % 50, 'v' || i from generate_series(1, 6000) i";
    await two.a.query(`insert into public.log ${rows}`);
    await two.b.query(`insert into other."Log 2" ${rows}; delete from other."Log 2" where id > 5000`);

    expect(found(await compare("public.log", { dest: "other.Log 2" }))).toEqual([1000, 0, 0, 0]);
    expect(await compare("public.log", { dest: "other.Log 2", where: "id <= 5000" })).toMatchObject({ isEqual: true });
  });

  test("only numbers of rows are compared when that is asked", async () => {
    await two.both(
      "create table public.many (id int primary key, v int); insert into public.many values (1, 1), (2, 2)",
    );
    await two.b.query("update public.many set v = 0");

    const equal = await compare("public.many", { isCountOnly: true });
    await two.b.query("delete from public.many where id = 1");

    expect(equal).toMatchObject({ isEqual: true, source: { rows: 2n, checksum: null } });
    expect(found(await compare("public.many", { isCountOnly: true }))).toEqual([1, 0, 0, 0]);
  });

  test("rows that arrive while the comparison looks again are no differences", async () => {
    await two.both("create table public.late (id int primary key, v int)");
    await two.a.query("insert into public.late select i, i from generate_series(1, 100) i");
    await two.b.query("insert into public.late select i, i from generate_series(1, 90) i");
    let looks = 0;

    const result = await compare("public.late", {
      agree: async () => {
        if ((looks += 1) === 2)
          await two.b.query("insert into public.late select i, i from generate_series(91, 100) i");
      },
    });

    expect(result).toMatchObject({ isEqual: true, inFlight: 10 });
  });

  test("a row that changes at every look is undecided when the time is over", async () => {
    await two.both("create table public.hot (id int primary key, v int); insert into public.hot values (1, 0)");
    await two.b.query("update public.hot set v = -1");

    const result = await compare("public.hot", {
      settleMs: 50,
      agree: async () => {
        await two.a.query("update public.hot set v = v + 1");
      },
    });

    expect(found(result)).toEqual([0, 0, 0, 1]);
    expect(result.isEqual).toBe(false);
  });

  test("a table that does not exist is wrong use", async () => {
    await expect(compare("public.nowhere")).rejects.toMatchObject({ code: "WRONG_USE" });
  });
});
