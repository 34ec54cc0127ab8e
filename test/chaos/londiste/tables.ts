// The tables of a run, and what an application does to them.
import type { Chance } from "../../harness/chance.ts";

/** plain: changed row by row and as sets. pairs: all of it is key. wide: rows of many sizes. log: only grows. truncated: emptied. */
export const tables = ["plain", "pairs", "wide", "log", "truncated", "parent", "child"] as const;
export const fullNames = tables.map((name) => `public.${name}`);

const ROWS = 400;

export function startTables(hasRows: boolean): string {
  return `
    create table plain (id bigserial primary key, a int not null default 0, b text, at timestamptz default clock_timestamp());
    create table pairs (a int, b int, primary key (a, b));
    create table wide (id serial primary key, body text, bytes bytea);
    create table log (id bigserial primary key, line text, ref int);
    create table truncated (id serial primary key, line text);
    create table parent (id serial primary key, name text unique);
    create table child (id serial primary key, parent_id int not null references parent on delete cascade, n numeric);
    create index on plain (a);
    create index on child (parent_id);
    ${hasRows ? START_ROWS : ""}`;
}

const START_ROWS = `
    insert into plain (a, b) select n, md5(n::text) from generate_series(1, ${ROWS}) n;
    insert into pairs select n % 50, n from generate_series(1, ${ROWS}) n;
    insert into wide (body, bytes) select repeat(md5(n::text), n % 300), decode(repeat(md5(n::text), n % 40), 'hex')
      from generate_series(1, 3000) n;
    insert into log (line) select md5(n::text) from generate_series(1, ${ROWS}) n;
    insert into truncated (line) select 'x' from generate_series(1, ${ROWS}) n;
    insert into parent (name) select 'p' || n from generate_series(1, 50) n;
    insert into child (parent_id, n) select 1 + n % 50, n / 7.0 from generate_series(1, ${ROWS}) n;`;

/** One transaction of the application. */
export function change(random: Chance): string {
  const n = random.int(10_000);
  const some = 1 + random.int(5);
  const kinds = [
    `insert into plain (a, b) select ${n} + i, 'new ${n}' from generate_series(1, ${some}) i`,
    `update plain set a = a + 1, b = b || 'u' where id in (select id from plain order by md5(id::text || '${n}') limit ${some})`,
    `delete from plain where id in (select id from plain order by md5(id::text || '${n}') limit 2)`,
    `insert into pairs values (${n % 60}, ${n}) on conflict do nothing`,
    `update pairs set b = b + 20000 where (a, b) in (select a, b from pairs where b < 20000 order by b limit 1)`,
    `delete from pairs where b = (select max(b) from pairs)`,
    `insert into wide (body, bytes) values (repeat('${n}', ${n}), decode(repeat('ab', ${n}), 'hex'))`,
    `update wide set body = 'short ${n}' where id = (select min(id) from wide where length(body) > 100)`,
    `delete from wide where id % 97 = ${n % 97} and id > 1000`,
    `insert into log (line, ref) select 'line ${n}', i from generate_series(1, ${some * 3}) i`,
    `insert into truncated (line) values ('t ${n}'), ('t')`,
    `insert into parent (name) values ('p ${n}') on conflict (name) do update set name = excluded.name || '.'`,
    `insert into child (parent_id, n) select id, ${n} from parent order by id desc limit 2`,
    `delete from parent where id = (select max(id) from parent)`,
    `update child set n = n * 2 where id in (select id from child order by id desc limit ${some})`,
  ];
  if (n % 100 === 0) return "truncate truncated";
  if (n % 70 === 0) return "update plain set a = a + 1 where id % 3 = 0";
  if (n % 150 === 0) return "delete from log where id % 2 = 0";
  return random.pick(kinds);
}
