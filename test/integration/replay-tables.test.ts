// Changes of all kinds of tables, replayed by sets.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { plainHandler as handler, type Replay, startReplay } from "../harness/replay.ts";
import { endMajors } from "../harness/major-pairs.ts";

const TYPES = `
  create type mood as enum ('sad', 'so "so"', 'ok');
  create domain positive as int check (value > 0);
  create domain words as text[];
  create type pair as (a int, b text);
  create domain some_pair as pair;
  create domain odd_pair as some_pair check ((value).a is distinct from 2);
  create table every_type (
    id int8 primary key, small int2, big int8, num numeric, money numeric(10,2), f4 float4, f8 float8, flag bool, t text,
    vc varchar(10), ch char(5), one "char", nm name, bytes bytea, d date, tm time, tmz timetz, ts timestamp, tz timestamptz,
    span interval, u uuid, ip inet, net cidr, mac macaddr, bits bit(4), vbits bit varying(8), j json, jb jsonb, xp xml, m mood,
    p positive, pr pair, prs pair[], ints int[], grid int[][], texts text[], moods mood[], jbs jsonb[], w words, ir int4range,
    tr tstzrange, mr int4multirange, tv tsvector, tq tsquery, pt point, bx box, bxs box[], o oid, rc regclass,
    op odd_pair, ops odd_pair[]
  )`;

const VALUES = `
  (1, 1, 9223372036854775807, 1.50, 12.3, 1.5, 0.1, true, E'a\\tb\\nc\\\\d"e''f{},ü😀', 'short', 'ab', 'x', 'nm', '\\x00ff5c22',
   '2026-02-03', '12:34:56.789', '12:34:56+02', '2026-02-03 04:05:06.789012', '2026-02-03 04:05:06.789012+05', '1 mon 2 days 03:04:05',
   'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '10.0.0.1', '10.0.0.0/8', '08:00:2b:01:02:03', B'1010', B'101', '{"a": [1, "x\\"y"]}', '{"a": null}',
   '<a b="c"/>', 'so "so"', 7, '(1,"x ""y"", z")', array[(1,'a\\b')::pair, (null,null)::pair], '{1,null,3}', '{{1,2},{3,4}}',
   array['', 'null', null, 'a"b\\c,{}'], '{sad,"so \\"so\\""}', array['{"k":"v"}'::jsonb, '[1]'], array['x y', 'z'], '[1,5)',
   '[2026-01-01 00:00+00,infinity)', '{[1,2),[5,9)}', $$'it''s':1A b:2$$, 'a & !b', '(1,2.5)', '((0,0),(1,1))', '{((0,0),(1,1));((2,2),(3,3))}', 12, 'pg_class',
   '(1,"x y")', array['(3,z)'::odd_pair, null]),
  (2, null, null, 'NaN', null, 'Infinity', '-Infinity', false, '', '', '', '', '', '', 'infinity', null, null, '-infinity', 'infinity',
   null, null, '::1', '::/0', null, null, '', 'null', '"null"', null, null, null, '(,)', '{}', '{}', '{}', '{}', '{}', '{}', '{}', 'empty',
   '(,)', '{}', '', null, null, null, null, 0, null, null, '{}')`;

describe.each(endMajors())("replay by sets, PostgreSQL %i", (major) => {
  let side: Replay;

  beforeAll(async () => {
    side = await startReplay(major);
    await side.both(TYPES);
  }, 120_000);
  afterAll(async () => {
    await side[Symbol.asyncDispose]();
  });

  test.each(["jsontriga", "logutriga", "sqltriga"] as const)("all types come through %s as they were", async (kind) => {
    const table = `every_${kind}`;
    await side.both(`create table ${table} (like every_type including all)`);
    await side.capture(table, kind);
    await side.origin.execute(`insert into ${table} values ${VALUES}`);
    await side.replay();
    const inserted = await side.rows(table);

    await side.origin.execute(`update ${table} set small = 5, t = t || 'more', jb = '{"b": 1}' where id = 1;
      update ${table} set num = 1e40, ints = '{7}', w = '{q}', pr = '(5,e)' where id = 2`);
    await side.replay();
    const updated = await side.rows(table);

    expect(inserted.origin).toHaveLength(2);
    expect(inserted.replica).toEqual(inserted.origin);
    expect(updated.replica).toEqual(updated.origin);
  });

  test.each(["jsontriga", "logutriga"] as const)("more rows than go by INSERT come by COPY with %s", async (kind) => {
    const table = `copied_${kind}`;
    await side.both(`create table ${table} (like every_type including all)`);
    await side.capture(table, kind);
    await side.origin.execute(`insert into ${table} values ${VALUES};
      insert into ${table} (id, t, bytes, texts, j) select n, E'\\\\' || n || E'\\t', '\\x5c09', array[E'\\\\\\n'], '"\\\\n"' from generate_series(10, 200) n`);

    await side.replay();

    const { origin, replica } = await side.rows(table);
    expect(replica).toEqual(origin);
  });

  test("columns that must not be written are left to the server", async () => {
    await side.both(`create table computed (
      id int generated always as identity primary key, a int, twice int generated always as (a * 2) stored, b text)`);
    await side.capture("computed");
    await side.both(`create table computed_sql (
      id int generated always as identity primary key, a int, twice int generated always as (a * 2) stored, b text)`);
    await side.capture("computed_sql", "sqltriga");

    for (const table of ["computed", "computed_sql"]) {
      await side.origin.execute(`insert into ${table} (a, b) select n, 'row' from generate_series(1, 100) n`);
      await side.replay();
      await side.origin.execute(`update ${table} set a = a + 1 where id % 2 = 0; delete from ${table} where id % 3 = 0;
        insert into ${table} (a, b) values (7, 'last'); update ${table} set id = default where false`);
      await side.replay();
    }

    for (const table of ["computed", "computed_sql"]) {
      const { origin, replica } = await side.rows(table);
      expect(origin.length).toBeGreaterThan(60);
      expect(replica).toEqual(origin);
    }
  });

  test("a row that comes, changes, goes and comes again in one batch is what it was last", async () => {
    await side.both("create table busy (id int primary key, t text unique)");
    await side.capture("busy");
    await side.origin.execute(`
      insert into busy values (1, 'a'), (2, 'b'), (3, 'c');
      update busy set t = 'x' where id = 1; update busy set t = 'a' where id = 2; update busy set t = 'b' where id = 1;
      delete from busy where id = 3; insert into busy values (3, 'again'); insert into busy values (4, 'gone'); delete from busy where id = 4`);

    const first = await side.replay();
    await side.origin.execute(
      "delete from busy where id = 1; insert into busy values (1, 'one'); update busy set t = 'two' where id = 2",
    );
    const second = await side.replay();

    const { origin, replica } = await side.rows("busy");
    expect(replica).toEqual(origin);
    expect([first.events.get("public.busy"), first.rows, second.rows]).toEqual([10, 3, 2]);
  });

  test("unique values that change hands are replayed in their order", async () => {
    await side.both("create table swapped (id int primary key, u int unique)");
    await side.capture("swapped");
    await side.origin.execute("insert into swapped values (1, 1), (2, 2), (3, 3)");
    await side.replay();
    await side.origin.execute(`update swapped set u = -1 where id = 1; update swapped set u = 1 where id = 2;
      update swapped set u = 2 where id = 3; update swapped set u = 3 where id = 1`);

    const stats = await side.replay();

    const { origin, replica } = await side.rows("swapped");
    expect(replica).toEqual(origin);
    expect(stats.conflicts).toBe(0);
  });

  test("tables of keys alone, of two keys, and with names that need quotes", async () => {
    await side.both(`create table only_key (a int, b text, primary key (a, b));
      create schema "Odd""S"; create table "Odd""S"."T ,x" ("Key" numeric, "a b" text, "select" int, primary key ("Key"))`);
    await side.capture("only_key", "logutriga");
    await side.capture('"Odd""S"."T ,x"');
    await side.origin
      .execute(`insert into only_key values (1, 'a'), (1, 'b'), (2, 'a'); update only_key set a = a; delete from only_key where a = 2;
      insert into "Odd""S"."T ,x" values (1.0, 'x', 1), (2.0, 'y', 2); update "Odd""S"."T ,x" set "Key" = 1.00, "select" = 5 where "Key" = 1;
      delete from "Odd""S"."T ,x" where "Key" = 2.000`);

    await side.replay();

    expect((await side.rows("only_key")).replica).toEqual(["(1,a)", "(1,b)"]);
    expect((await side.rows('"Odd""S"."T ,x"')).replica).toEqual(["(1.00,x,5)"]);
  });

  test("a partitioned table takes rows that move between its partitions", async () => {
    const make = `create table parted (id int, part int, t text, primary key (id, part)) partition by list (part)`;
    await side.both(
      `${make}; create table parted_1 partition of parted for values in (1); create table parted_2 partition of parted for values in (2)`,
    );
    for (const part of ["parted_1", "parted_2"])
      await side.capture(part, "jsontriga", "'ev_extra1=''public.parted''', 'pkey=id,part'");
    await side.origin.execute("insert into parted select n, 1 + n % 2, 'x' from generate_series(1, 200) n");
    await side.replay();
    await side.origin.execute(
      "update parted set t = 'y' where id % 5 = 0; update parted set part = 2 where id % 3 = 0; delete from parted where id > 180",
    );

    await side.replay();

    const { origin, replica } = await side.rows("parted");
    expect(origin).toHaveLength(180);
    expect(replica).toEqual(origin);
  });

  test("a truncate stands between what was before and after it, also for tables that refer to each other", async () => {
    await side.both(`create table parent (id int primary key); create table child (id int primary key, parent int references parent);
      create table stranger (id int primary key)`);
    await side.replica.execute(
      "alter table stranger add column parent int references parent; insert into stranger values (1, null)",
    );
    for (const table of ["parent", "child"]) await side.capture(table);
    await side.origin.execute("insert into parent values (1), (2); insert into child values (1, 1)");
    await side.replay();
    await side.origin.execute(
      "insert into parent values (3); truncate parent, child; insert into parent values (1), (4); insert into child values (5, 4)",
    );

    await side.replay();

    expect([(await side.rows("parent")).replica, (await side.rows("child")).replica]).toEqual([
      ["(1)", "(4)"],
      ["(5,4)"],
    ]);
    expect((await side.replica.query("select * from stranger")).length).toBe(1);
  });

  test("a table without any key replays by its whole rows", async () => {
    await side.both("create table rowwise (a int, b text, j json)");
    await side.capture("rowwise", "jsontriga", "'pkey=a,b,j'");
    await side.origin
      .execute(`insert into rowwise values (1, 'x', '{}'), (1, 'x', '{}'), (1, null, null), (2, 'y', '[1]'), (3, 'z', null);
      delete from rowwise where ctid = (select min(ctid) from rowwise where a = 1 and b = 'x'); delete from rowwise where a = 2;
      insert into rowwise select 5, 'many' from generate_series(1, 100)`);
    await side.replay();
    await side.origin.execute(
      "delete from rowwise where a = 1 and b is null; delete from rowwise where ctid = (select min(ctid) from rowwise where a = 5)",
    );

    await side.replay();

    const { origin, replica } = await side.rows("rowwise");
    expect(origin).toHaveLength(101);
    expect(replica).toEqual(origin);
  });

  test("a key that changes is replayed when the trigger backs the old row up", async () => {
    await side.both("create table rekeyed (id int primary key, t text)");
    await side.capture("rekeyed", "logutriga", "'backup', 'pkey=id'");
    await side.origin.execute("insert into rekeyed values (1, 'a'), (2, 'b')");
    await side.replay();
    // The trigger refuses a new key, so the event is written by hand.
    await side.origin
      .execute(`select pgq.insert_event('replayed', 'U:id', 'id=3&t=c', 'public.rekeyed', 'id=1&t=a', null, null);
      select pgq.insert_event('replayed', 'U:id', 'id=1&t=d', 'public.rekeyed', 'id=2&t=b', null, null)`);

    await side.replay();

    expect((await side.rows("rekeyed")).replica).toEqual(["(1,d)", "(3,c)"]);
  });

  test("rows from before and after an added column are in one batch", async () => {
    await side.both("create table grown (id int primary key, a text)");
    await side.capture("grown");
    await side.origin.execute(
      "insert into grown values (1, 'a'), (2, 'b'); alter table grown add column b text; update grown set b = 'new' where id = 2; insert into grown values (3, 'c', 'd'); delete from grown where id = 1",
    );
    await side.replica.execute("alter table grown add column b text");

    await side.replay();

    const { origin, replica } = await side.rows("grown");
    expect(replica).toEqual(origin);
  });

  test("a table of another name, with columns of its own and in another order", async () => {
    await side.origin.execute("create table named (id int primary key, a text)");
    await side.replica.execute(
      "create schema other; create table other.renamed (own int default 5, a text, id int primary key)",
    );
    await side.capture("named", "logutriga");
    await side.origin.execute(
      "insert into named values (1, 'a'), (2, 'b'); update named set a = 'c' where id = 1; delete from named where id = 2",
    );

    await side.replay({ tables: (name) => ({ name, dest: "other.renamed", handler: handler() }) });

    expect(
      (await side.rows("named").catch(() => null)) ?? (await side.replica.query("select * from other.renamed")),
    ).toEqual([{ own: 5, a: "c", id: 1 }]);
  });

  test("a replica's own triggers may change and swallow rows", async () => {
    await side.both("create table guarded (id int primary key, t text)");
    await side.replica.execute(`create function guard() returns trigger language plpgsql as $$ begin
        if new.t = 'swallow' then return null; end if; new.t := upper(new.t); return new; end $$;
      create trigger guard before insert or update on guarded for each row execute function guard();
      alter table guarded enable always trigger guard`);
    await side.capture("guarded");
    await side.origin.execute(
      "insert into guarded values (1, 'a'), (2, 'swallow'), (3, 'c'); update guarded set t = 'swallow' where id = 3; update guarded set t = 'd' where id = 1",
    );

    const stats = await side.replay();

    expect((await side.rows("guarded")).replica).toEqual(["(1,D)"]);
    expect(stats.conflicts).toBe(0);
  });

  test("a batch of many chunks leaves the planner as it was", async () => {
    await side.both("create table chunked (id int primary key, n int)");
    await side.capture("chunked");
    await side.origin.execute(
      "insert into chunked select n, n from generate_series(1, 2000) n; update chunked set n = n + 1; delete from chunked where id % 7 = 0",
    );

    await side.replay({ chunkEvents: 300 });

    const { origin, replica } = await side.rows("chunked");
    expect(replica).toEqual(origin);
    const { name } = await side.replica.one<{ name: string }>("select current_setting('enable_hashjoin') as name");
    expect(name).toBe("on");
  });
});
