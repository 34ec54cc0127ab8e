// A schema that nobody would make up: every kind of column and table that replication has to carry, and changes to it.
import type pg from "pg";
import type { Chance } from "./chance.ts";

export const zooSchema = `
create schema zoo;
create schema "Odd Schema";
create type zoo.mood as enum ('sad', 'so la la', 'O''Hara''s', 'happy');
create domain zoo.positive as integer check (value > 0);
create domain zoo.email as text check (value ~ '@');
create type zoo.point3 as (x float8, y numeric, label text);
create type zoo.span as range (subtype = float8);

create table zoo.everything (
  id bigint generated always as identity primary key,
  flag boolean,
  small smallint,
  whole zoo.positive,
  real_ real,
  double_ double precision,
  exact numeric(30, 10),
  any_numeric numeric,
  cash money,
  letters char(5),
  words varchar(40),
  story text,
  mail zoo.email,
  feeling zoo.mood,
  feelings zoo.mood[],
  numbers integer[],
  matrix text[][],
  place zoo.point3,
  places zoo.point3[],
  days daterange,
  amounts numrange,
  floats zoo.span,
  at timestamptz,
  local_at timestamp,
  on_day date,
  at_time time,
  at_timetz timetz,
  lasts interval,
  raw bytea,
  plain_json json,
  binary_json jsonb,
  search tsvector,
  question tsquery,
  address inet,
  network cidr,
  mac macaddr,
  uuid_ uuid,
  bits bit(7),
  varbits bit varying(20),
  spot point,
  outline polygon,
  markup text,
  relation regclass,
  doubled double precision generated always as (double_ * 2) stored
);

create table zoo.parent (id integer primary key, name text not null);
create table zoo.child (toy text) inherits (zoo.parent);
alter table zoo.child add primary key (id);

create table zoo.measurement (
  day date not null,
  sensor integer not null,
  value float8,
  primary key (day, sensor)
) partition by range (day);
create table zoo.measurement_2025 partition of zoo.measurement for values from ('2025-01-01') to ('2026-01-01');
create table zoo.measurement_2026 partition of zoo.measurement for values from ('2026-01-01') to ('2027-01-01');

create table zoo.keys_only (a integer, b text, primary key (a, b));

create table "Odd Schema"."Weird.Name" (
  "Key col" integer,
  "b.c" text,
  "select" text,
  "with ""quote""" text,
  primary key ("Key col", "b.c")
);
`;

/** Names as the commands take them. */
export const zooTables: readonly string[] = [
  "zoo.everything",
  "zoo.parent",
  "zoo.child",
  "zoo.measurement",
  "zoo.keys_only",
  "Odd Schema.Weird.Name",
];

/** Quoted, for SQL; parents alone. */
export const zooRelations: readonly string[] = [
  "zoo.everything",
  "only zoo.parent",
  "zoo.child",
  "zoo.measurement",
  "zoo.keys_only",
  '"Odd Schema"."Weird.Name"',
];

/** Rows with values that text, escapes and time zones make hard; a third of the columns null. */
export async function fillZoo(db: pg.Client, rows: number): Promise<void> {
  await db.query(`set datestyle = 'ISO, DMY'; set timezone = 'Asia/Kathmandu'`);
  await db.query(
    `insert into zoo.everything (
       flag, small, whole, real_, double_, exact, any_numeric, cash, letters, words, story, mail, feeling, feelings,
       numbers, matrix, place, places, days, amounts, floats, at, local_at, on_day, at_time, at_timetz, lasts, raw,
       plain_json, binary_json, search, question, address, network, mac, uuid_, bits, varbits, spot, outline, markup,
       relation)
     select
       n % 2 = 0, -n % 32768, n, n / 7.0::real, case n % 5 when 0 then 'nan' when 1 then '-infinity' else n / 3.0 end,
       n * 1.0000000001, ('1e' || n % 40)::numeric, n::numeric::money, chr(97 + n % 26), 'tab' || E'\\t' || n,
       E'line\\nbreak \\\\ back %slash & = + ü€𝄞 ' || repeat('x', n % 3000), 'a' || n || '@example.org',
       (enum_range(null::zoo.mood))[1 + n % 4], (enum_range(null::zoo.mood))[1:n % 5],
       array[n, null, -n], array[['a,"b"', null], ['{}', 'NULL']],
       row(n / 3.0, n, 'comma, "quote" (paren)')::zoo.point3, array[row(1, n, null)::zoo.point3, null],
       daterange('2025-01-01', '2025-01-01'::date + n % 300), numrange(null, n), zoo.span('-infinity', n),
       timestamptz '2025-06-01 12:34:56.789012+05:45' + n * interval '1 hour', '0044-03-15 BC', '2025-02-28'::date + n % 9,
       '23:59:59.999999', '12:00:00.5-03:30', n * interval '1 mon -2 days 03:04:05.678901',
       decode(md5(n::text), 'hex') || '\\x00', '{"b": 1,  "a": "\\u00e9", "a": [null]}',
       jsonb_build_object('n', n, 'deep', jsonb_build_array('x', null, 1.50)), to_tsvector('simple', 'The quick ' || n),
       'fox & !dog', ('10.0.' || n % 256 || '.1/24')::inet, '192.168.0.0/16', '08:00:2b:01:02:03',
       md5(n::text)::uuid, (n % 128)::bit(7), (n % 1000)::bit(10)::bit varying, point(n, 1.5),
       polygon '((0,0),(1,1.5),(2,0))', '<a b="c">&amp;</a>', 'pg_class'::regclass
     from generate_series(1, $1::int) n`,
    [rows],
  );
  await db.query("insert into zoo.everything (flag) select null from generate_series(1, $1::int / 3)", [rows]);
  await db.query("insert into zoo.parent select n, 'parent ' || n from generate_series(1, $1::int) n", [rows]);
  await db.query("insert into zoo.child select n, 'child ' || n, 'toy' from generate_series(1, $1::int) n", [rows]);
  await db.query(
    `insert into zoo.measurement select date '2025-07-01' + n, n % 3, n from generate_series(1, $1::int % 400) n`,
    [rows],
  );
  await db.query("insert into zoo.keys_only select n, 'k' || n % 7 from generate_series(1, $1::int) n", [rows]);
  await db.query(
    `insert into "Odd Schema"."Weird.Name" select n, 'b' || n, null, '"' from generate_series(1, $1::int) n`,
    [rows],
  );
}

/** One transaction of changes, another one each time. */
export async function disturbZoo(db: pg.Client, chance: Chance, step: number): Promise<void> {
  const some = 2 + Math.floor(chance.next() * 9);
  const changes = [
    `update zoo.everything set story = coalesce(story, '') || '€', double_ = ${step}, place.y = ${step}, feeling = 'happy'
       where id % ${some} = 0`,
    `update zoo.everything set raw = null, binary_json = '{"s": ${step}}', at = at + interval '1 us' where id % ${some + 3} = 1`,
    `delete from zoo.everything where id % 97 = ${step % 97}`,
    `insert into zoo.everything (story, whole) values ('new', ${step + 1}), (null, 1)`,
    `update zoo.parent set name = name || '!' where id % ${some} = 0`,
    `insert into zoo.child values (${100_000 + step}, 'late', null)`,
    `update zoo.measurement set value = -value where sensor = ${step % 3}`,
    `insert into zoo.measurement values (date '2026-02-01' + ${step % 300}, 10 + ${step}, null)`,
    `delete from zoo.keys_only where a % 13 = ${step % 13}; insert into zoo.keys_only values (${200_000 + step}, 'x''y')`,
    `update "Odd Schema"."Weird.Name" set "select" = ${step}, "with ""quote""" = null where "Key col" % ${some} = 1`,
  ];
  const chosen = changes.filter(() => chance.next() < 0.5);
  await db.query(`begin; ${chosen.join("; ")}; commit`);
}
