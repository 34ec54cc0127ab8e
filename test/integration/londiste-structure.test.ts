// A table made like one on another server, and what a copy takes off and gives back, compared through the catalogue.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  createTableLike,
  planDrop,
  readStructure,
  restoreDropped,
  type TableStructure,
} from "../../src/londiste/structure/index.ts";
import { connect, type Connection } from "../../src/postgres/index.ts";
import { createDatabase, majors, type TestDatabase } from "../harness/database.ts";

const SHOP = `
  create schema shop;
  create type shop.mood as enum ('sad', 'happy');
  create domain shop.price as numeric(10, 2) check (value >= 0);
  create function shop.touch() returns trigger language plpgsql as $$ begin return new; end $$;
  create function shop.half(n int4) returns int4 immutable language sql as 'select n / 2';
  create table shop.customers (id serial primary key, name text);
  create table shop."Orders" (
    id int8 generated always as identity (start with 100 increment by 2),
    nr bigserial,
    customer int4 not null references shop.customers,
    how shop.mood default 'happy',
    total shop.price default 0,
    lines int4[] default '{}',
    word varchar(20) collate "C" not null,
    half int4 generated always as (shop.half(customer)) stored,
    at timestamptz default now(),
    span tstzrange,
    constraint orders_key primary key (id) include (nr),
    constraint "a word" unique (word) deferrable initially deferred,
    constraint big_enough check (total > -1 and lines is not null),
    constraint no_overlap exclude using gist (span with &&),
    unique (customer, nr)
  ) with (fillfactor = 80);
  create index orders_at on shop."Orders" using brin (at) with (pages_per_range = 16);
  create unique index orders_lower on shop."Orders" (lower(word) text_pattern_ops desc nulls last, id) where total > 10;
  create index "where" on shop."Orders" (shop.half(customer)) include (total) where how = 'sad'::shop.mood;
  create index orders_btree on shop."Orders" (at);
  alter table shop."Orders" cluster on orders_btree;
  create unique index orders_replica on shop."Orders" (word, customer);
  alter table shop."Orders" replica identity using index orders_replica;
  alter table shop."Orders" alter column word set statistics 500, alter column lines set storage external;
  create trigger touch before insert or update of word on shop."Orders" for each row
    when (new.word is distinct from 'on shop') execute function shop.touch('an arg');
  create trigger quiet after delete on shop."Orders" for each statement execute function shop.touch();
  alter table shop."Orders" disable trigger quiet;
  create constraint trigger late after insert on shop."Orders" deferrable initially deferred for each row
    execute function shop.touch();
  create rule keep as on delete to shop."Orders" where old.id < 0 do instead nothing;
  comment on table shop."Orders" is 'what''s ordered';
  comment on column shop."Orders".word is 'a word';
  comment on index shop.orders_at is 'by time';
  comment on constraint "a word" on shop."Orders" is 'one of a kind';
  grant select on shop."Orders" to public;
  grant insert, update (word) on shop."Orders" to structure_reader with grant option;
  create table shop.facts (id int8, day date not null default current_date, n int4 check (n > 0), primary key (id, day, n))
    partition by range (day);
  create table shop.facts_2026 partition of shop.facts for values from ('2026-01-01') to ('2027-01-01') partition by list (n);
  create table shop.facts_2026_few partition of shop.facts_2026 for values in (1, 2);
  create table shop.facts_other partition of shop.facts default;
  create index facts_n on shop.facts (n)`;

describe.each(majors())("PostgreSQL %i", (major) => {
  let from: TestDatabase;
  let to: TestDatabase;
  let source: Connection;
  let target: Connection;

  beforeAll(async () => {
    [from, to] = await Promise.all([createDatabase(major, "template1"), createDatabase(major, "template1")]);
    source = await connect(from.url, { env: {} });
    target = await connect(to.url, { env: {} });
    await source.execute(
      `do $$ begin create role structure_reader; exception when duplicate_object or unique_violation then null; end $$`,
    );
    await source.execute(SHOP);
    await target.execute(SHOP.slice(0, SHOP.indexOf("create table")));
  });
  afterAll(async () => {
    await Promise.all([source.close(), target.close()]);
    await Promise.all([from.drop(), to.drop()]);
  });

  /** Without what differs between any two databases, and foreign keys, which createTableLike leaves out. */
  const shape = async (db: Connection, name: string): Promise<unknown> => {
    const structure = await readStructure(db, name);
    return structure === null ? null : comparable(structure);
  };

  test("a table made in full is the same in the catalogue", async () => {
    const made = await createTableLike(source, target, "shop.Orders", { destination: "shop.Orders", parts: "full" });
    const again = await createTableLike(source, target, "shop.Orders", { destination: "shop.Orders", parts: "full" });

    expect([made, again]).toEqual(["created", "exists"]);
    expect(await shape(target, "shop.Orders")).toEqual(await shape(source, "shop.Orders"));
  });

  test("a partitioned table is made with all of its partitions", async () => {
    await createTableLike(source, target, "shop.facts", { destination: "shop.facts", parts: "full" });

    const tables = ["shop.facts", "shop.facts_2026", "shop.facts_2026_few", "shop.facts_other"];
    const here = await Promise.all(tables.map((table) => shape(target, table)));
    expect(here).toEqual(await Promise.all(tables.map((table) => shape(source, table))));
  });

  test("under another name everything hangs on the new table", async () => {
    await target.execute(`drop table if exists shop."Orders"`);
    await createTableLike(source, target, "shop.Orders", { destination: "other.new on x", parts: "full" });

    const made = (await readStructure(target, "other.new on x"))!;
    const wanted = (await readStructure(source, "shop.Orders"))!;
    expect(made.indexes).toEqual(wanted.indexes);
    expect(made.triggers.map(({ name, enabled }) => `${name} ${enabled}`)).toEqual(
      wanted.triggers.map(({ name, enabled }) => `${name} ${enabled}`),
    );
    expect(made.triggers.every(({ definition }) => definition.includes('ON other."new on x"'))).toBe(true);
    expect(made.rules).toHaveLength(1);
    await target.execute(`drop table other."new on x"`);
  });

  test("columns and key alone take no defaults and no indexes along", async () => {
    await createTableLike(source, target, "shop.Orders", { destination: "shop.bare", parts: "plain" });

    const made = (await readStructure(target, "shop.bare"))!;
    expect(made.indexes.map(({ name }) => name)).toEqual(["orders_key"]);
    expect(made.columns.find(({ name }) => name === "total")).toMatchObject({
      type: "shop.price",
      defaultExpression: null,
    });
    expect(made.columns.map(({ name }) => name)).toHaveLength(10);
    await target.execute("drop table shop.bare");
  });

  test("an identity's sequence keeps its name, takes the value of a free one, and leaves one that is used alone", async () => {
    await source.execute(`create table shop.free (id int4 generated always as identity (sequence name shop.numbers));
      create table shop.used (id int4 generated always as identity (sequence name shop.used_numbers))`);
    await target.execute(`create sequence shop.numbers; select setval('shop.numbers', 700);
      create sequence shop.used_numbers; create table shop.user (id int4 default nextval('shop.used_numbers'))`);

    await createTableLike(source, target, "shop.free", { destination: "shop.free", parts: "plain" });
    await createTableLike(source, target, "shop.used", { destination: "shop.used", parts: "plain" });

    const sequenceOf = async (name: string): Promise<string | undefined> =>
      (await readStructure(target, name))?.columns[0]?.identity?.sequence.name;
    expect(await sequenceOf("shop.free")).toBe("shop.numbers");
    expect(await target.one("select nextval('shop.numbers') as next")).toEqual({ next: 701n });
    expect(await sequenceOf("shop.used")).toBe("shop.used_id_seq");
  });

  test("what a copy takes off comes back as it was, also when the first try died half-way", async () => {
    await source.execute('alter table shop."Orders" drop constraint "Orders_customer_fkey"');
    const before = (await readStructure(source, "shop.Orders"))!;
    const plan = planDrop(before);

    for (const statement of plan.drops) await source.execute(statement);
    const bare = (await readStructure(source, "shop.Orders"))!;
    const script = `${plan.restores.join(";\n")};`;
    await source.execute(plan.restores[0]!);
    const restore = (): Promise<void> =>
      restoreDropped(source, script, {
        connect: () => connect(from.url, { env: {} }),
        connections: 3,
        finish: () => Promise.resolve(),
        signal: new AbortController().signal,
      });
    await restore();

    expect(bare.indexes).toEqual([]);
    expect(comparable((await readStructure(source, "shop.Orders"))!)).toEqual(comparable(before));
  });

  test("an index that a view or a partitioned table needs is left alone", async () => {
    await source.execute(`create table shop.kept (id int4 primary key, word text);
      create view shop.grouped as select id, word from shop.kept group by id;
      create index kept_word on shop.kept (word)`);

    const kept = planDrop((await readStructure(source, "shop.kept"))!);
    const partition = planDrop((await readStructure(source, "shop.facts_other"))!);

    expect(kept.drops).toEqual(["drop index shop.kept_word"]);
    expect(partition.drops).toEqual([]);
  });
});

function comparable({ oid, constraints, ...rest }: TableStructure): unknown {
  return { ...rest, constraints: constraints.filter(({ kind }) => kind !== "foreign key"), hasOid: oid > 0 };
}
