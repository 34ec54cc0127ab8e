// A table that changes under the triggers, and sessions that try to mislead them.
import type pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createDatabase, majors, type TestDatabase } from "../harness/database.ts";

const runs = majors().flatMap((major) => [
  { major, how: "general code", isGenerated: false },
  { major, how: "generated functions", isGenerated: true },
]);

describe.each(runs)("on PostgreSQL $major, $how", ({ major, isGenerated }) => {
  let db: TestDatabase;

  beforeAll(async () => {
    db = await createDatabase(major);
    const client = await db.connect();
    await client.query("select pgq.create_queue('q')");
  });
  afterAll(() => db.drop());

  const open = async (table: string): Promise<pg.Client> => {
    const client = await db.connect();
    await client.query(`create table ${table} (id int primary key, a text)`);
    for (const name of ["logutriga", "sqltriga", "jsontriga"])
      await client.query(`create trigger ${name} after insert or update or delete on ${table}
        for each row execute function pgq.${name}('q')`);
    if (isGenerated) await client.query("select pgq.maint_triggers()");
    return client;
  };
  /** The data of the last event of each format, in the order json, logu, sql of the triggers' names. */
  const last = async (client: pg.Client): Promise<string[]> => {
    const { rows } = await client.query<{ ev_data: string }>(
      "select ev_data from (select * from pgq.event_1 order by ev_id desc limit 3) e order by ev_id",
    );
    return rows.map((row) => row.ev_data);
  };

  const changes: readonly (readonly [string, string, string, readonly string[]])[] = [
    [
      "an added column",
      "add b int",
      "(2,'y',3)",
      [`{"id":2,"a":"y","b":3}`, "id=2&a=y&b=3", "(id,a,b) values ('2','y','3')"],
    ],
    ["a dropped column", "drop a", "(2)", [`{"id":2}`, "id=2", "(id) values ('2')"]],
    ["a renamed column", "rename a to z", "(2,'y')", [`{"id":2,"z":"y"}`, "id=2&z=y", "(id,z) values ('2','y')"]],
    ["another type", "alter a type int using 7", "(2,8)", [`{"id":2,"a":8}`, "id=2&a=8", "(id,a) values ('2','8')"]],
    [
      "a column replaced by one of the same type",
      "drop a, add b text",
      "(2,'y')",
      [`{"id":2,"b":"y"}`, "id=2&b=y", "(id,b) values ('2','y')"],
    ],
  ];

  test.each(changes)(
    "%s counts from the next row on, in the session that made it",
    async (what, change, row, expected) => {
      const table = `same_${what.replace(/\W/g, "_")}`;
      const client = await open(table);
      await client.query(`insert into ${table} values (1, 'x')`);

      await client.query(`alter table ${table} ${change}`);
      await client.query(`insert into ${table} values ${row}`);

      expect(await last(client)).toEqual(expected);
    },
  );

  test.each(changes)(
    "%s counts inside the transaction, and no longer after its rollback",
    async (what, change, row, expected) => {
      const table = `tx_${what.replace(/\W/g, "_")}`;
      const client = await open(table);
      await client.query(`insert into ${table} values (1, 'x')`);

      await client.query("begin");
      await client.query(`alter table ${table} ${change}`);
      await client.query(`insert into ${table} values ${row}`);
      const inside = await last(client);
      await client.query("rollback");
      await client.query(`insert into ${table} values (3, 'w')`);

      expect(inside).toEqual(expected);
      expect(await last(client)).toEqual([`{"id":3,"a":"w"}`, "id=3&a=w", "(id,a) values ('3','w')"]);
    },
  );

  test.each(changes)("%s made by another session counts from the next row on", async (what, change, row, expected) => {
    const table = `other_${what.replace(/\W/g, "_")}`;
    const client = await open(table);
    await client.query(`insert into ${table} values (1, 'x')`);

    const other = await db.connect();
    await other.query(`alter table ${table} ${change}`);
    await client.query(`insert into ${table} values ${row}`);

    expect(await last(client)).toEqual(expected);
  });

  test("another primary key counts from the next row on", async () => {
    const client = await open("rekeyed");
    await client.query("insert into rekeyed values (1, 'x')");

    await client.query("alter table rekeyed drop constraint rekeyed_pkey, add primary key (a)");
    await client.query("update rekeyed set id = 2");

    expect((await last(client))[2]).toBe("id='2' where a='x'");
  });

  test("column lists planted in the session's settings are not believed", async () => {
    const client = await open("planted");
    await client.query(`select set_config('pgq.names_' || 'planted'::regclass::oid, '{evil,a}', false),
      set_config('pgq.types_' || 'planted'::regclass::oid, '{23,25}', false)`);

    await client.query("insert into planted values (1, 'x')");

    expect(await last(client)).toEqual([`{"id":1,"a":"x"}`, "id=1&a=x", "(id,a) values ('1','x')"]);
  });

  test("more columns than there are, planted in the settings, are not believed", async () => {
    const client = await open("longer");
    await client.query(`select set_config('pgq.names_' || 'longer'::regclass::oid, '{id,a,evil}', false),
      set_config('pgq.types_' || 'longer'::regclass::oid, '{23,25,25}', false)`);

    await client.query("insert into longer values (1, 'x')");

    expect(await last(client)).toEqual([`{"id":1,"a":"x"}`, "id=1&a=x", "(id,a) values ('1','x')"]);
  });

  test("operators and functions of the search_path do not reach the triggers", async () => {
    const client = await open("public.pathed");
    await client.query(`create schema evil;
      create function evil.boom(text, text) returns boolean language plpgsql as $$ begin raise 'evil =' ; end $$;
      create operator evil.= (leftarg = text, rightarg = text, function = evil.boom);
      create operator evil.<> (leftarg = text, rightarg = text, function = evil.boom);
      create function evil.concat(text, text) returns text language plpgsql as $$ begin raise 'evil concat'; end $$;
      create function evil.quote_ident(text) returns text language plpgsql as $$ begin raise 'evil quote'; end $$`);
    await client.query("set search_path = evil, pg_catalog, public");

    await client.query("insert into public.pathed values (1, 'x'); update public.pathed set a = 'y%'");

    expect(await last(client)).toEqual([`{"id":1,"a":"y%"}`, "id=1&a=y%25", "a='y%' where id='1'"]);
  });

  test("who may change the table but not produce events is refused", async () => {
    const client = await open("guarded");
    await client.query(`create role "nobody_${db.name}"; grant all on guarded to "nobody_${db.name}"`);
    await client.query(`set role "nobody_${db.name}"`);

    const attempt = client.query("insert into guarded values (1, 'x')");

    await expect(attempt).rejects.toThrow("permission denied for function insert_event");
    await client.query(`reset role; drop owned by "nobody_${db.name}"; drop role "nobody_${db.name}"`);
  });
});
