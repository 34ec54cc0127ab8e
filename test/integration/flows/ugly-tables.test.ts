// Tables and servers as administrators find them: constraints that old rows break, settings of roles and databases that
// are meant for applications.
import { describe, expect, test } from "vitest";
import { majors } from "../../harness/database.ts";
import { endMajors } from "../../harness/major-pairs.ts";
import { createOurSet, type OurSet, untilEqual } from "../../harness/our-set.ts";
import { value } from "../../harness/sessions.ts";

function pair(major: number, schema: string | ((node: string) => string)): Promise<OurSet> {
  return createOurSet({
    nodes: [
      { name: "root", role: "root", major },
      { name: "leaf", role: "leaf", provider: "root", major },
    ],
    schema,
  });
}

const CONSTRAINTS = `
  select string_agg(c.conrelid::regclass || ' ' || pg_get_constraintdef(c.oid), ', ' order by c.conname)
    from pg_constraint c where not c.convalidated`;

describe.each(endMajors())("on PostgreSQL %i", (major) => {
  test("rows that break a check which is NOT VALID are copied, and the check is there afterwards", async () => {
    await using set = await pair(major, (node) => {
      if (node === "leaf") return "";
      return `create table a (id int primary key, v int);
        create table p (id int primary key, v int) partition by range (id);
        create table p_1 partition of p for values from (0) to (10);
        insert into a values (1, -1), (2, 3); insert into p values (1, -1), (2, 3);
        alter table a add constraint above check (v > 0) not valid;
        alter table p add constraint above_too check (v > 0) not valid`;
    });
    const [root, leaf] = [set.node("root"), set.node("leaf")];
    await root.run("add-table", "a", "p");

    await leaf.run("add-table", "a", "p", "--create-full", "--wait-sync", "--timeout=60");
    await root.db.query(
      "update a set v = 1 where id = 1; update p set v = 1 where id = 1; insert into a values (5, 5)",
    );

    for (const table of ["a", "p"]) await untilEqual([root, leaf], table);
    expect(await value(leaf.db, CONSTRAINTS)).toBe(await value(root.db, CONSTRAINTS));
  });

  test("a condition of a domain that is NOT VALID on the provider is named before its rows are refused", async () => {
    await using set = await pair(
      major,
      `create domain odd as int; create domain odder as odd[]; create table a (id int primary key, v odder);
       insert into a values (1, '{2}'), (2, '{3}'); alter domain odd add constraint "Is odd" check (value % 2 = 1) not valid`,
    );
    const [root, leaf] = [set.node("root"), set.node("leaf")];
    await root.run("add-table", "a");

    const added = await leaf.run("add-table", "a");
    const checked = await leaf.run("check");
    await leaf.db.query('alter domain odd drop constraint "Is odd"');
    await leaf.run("wait-sync", "--timeout=60");
    await root.db.query("update a set id = 3 where id = 1");

    await untilEqual([root, leaf], "a");
    const text = 'column v: constraint "Is odd" of domain odd is NOT VALID on the provider';
    expect(added.stderr).toContain(text);
    expect(checked.stdout).toContain(text);
    expect(checked.stdout).toContain('alter domain odd drop constraint "Is odd"');
    expect((await leaf.run("check")).stdout).not.toContain("domain");
  });

  test("check tells of settings with which row triggers write what cannot be read back, and of no others", async () => {
    await using set = await createOurSet({
      nodes: [{ name: "root", role: "root", major }],
      startsWorkers: false,
      schema: `create table flags (id int primary key, d date, f float8); create table capture (like flags including all);
        do $$ begin
          execute format('alter database %I set datestyle = ''SQL, DMY''', current_database());
          execute format('alter database %I set extra_float_digits = 0', current_database());
          execute format('alter database %I set intervalstyle = sql_standard', current_database());
        end $$`,
    });
    const root = set.node("root");
    await root.run("add-table", "flags", "--trigger-flags=L");
    await root.run("add-table", "capture");

    const { status, stdout } = await root.attempt("check", "--json");

    const { findings } = JSON.parse(stdout) as { findings: readonly { table: string; text: string }[] };
    const owner = `database ${root.database.name}`;
    expect(status).toBe(0);
    expect(findings.map(({ table, text }) => `${table}: ${text}`)).toEqual([
      expect.stringContaining(`public.flags: datestyle is "SQL, DMY" for ${owner}`),
      expect.stringContaining(`public.flags: extra_float_digits is "0" for ${owner}`),
    ]);
  });

  test("an index and changes that take longer than the statement_timeout of their database come all the same", async () => {
    await using set = await pair(
      major,
      (node) => `
        create function slow(i int) returns int immutable language plpgsql as 'begin perform pg_sleep(0.05); return i; end';
        create table a (id int primary key, v text);
        ${node === "root" ? "" : "create index a_slow on a (slow(id));"}
        do $$ begin
          execute format('alter database %I set statement_timeout = 1000', current_database());
          execute format('alter database %I set idle_in_transaction_session_timeout = 1000', current_database());
        end $$`,
    );
    const [root, leaf] = [set.node("root"), set.node("leaf")];
    for (const { db } of set.nodes) await db.query("set statement_timeout = 0");
    await leaf.stopWorker();
    await root.db.query("insert into a select n, n from generate_series(1, 40) n");
    await root.run("add-table", "a");
    leaf.startWorker(); // the session that it had is older than the settings

    await leaf.run("add-table", "a", "--wait-sync", "--timeout=60");
    await root.db.query("insert into a select n, n from generate_series(41, 80) n");

    await untilEqual([root, leaf], "a");
    expect(await value(leaf.db, "select count(*)::int from pg_index where indrelid = 'a'::regclass")).toBe(2);
    expect(leaf.workerLog()).not.toMatch(/timeout/);
  });

  test("what databases say of literals, NULL in arrays and XML changes nothing", async () => {
    const settings = ["standard_conforming_strings = off", "array_nulls = off", "xmloption = document"];
    await using set = await pair(
      major,
      `create table a (id int primary key, v text, list text[], x xml);
       do $$ begin
         ${settings.map((setting) => `execute format('alter database %I set ${setting}', current_database());`).join("\n")}
       end $$`,
    );
    const [root, leaf] = [set.node("root"), set.node("leaf")];
    for (const node of set.nodes) {
      await node.stopWorker(); // its session is older than the settings
      node.startWorker();
    }
    await root.run("add-table", "a");
    await leaf.run("add-table", "a", "--wait-sync", "--timeout=60");

    await root.db.query("insert into a values ($1, $2, array[null, 'NULL'], xmlparse(content 'text'))", [1, "a\\'b"]);
    await root.db.query("insert into a values (2, null, '{}', null); update a set v = null where id = 1");

    await untilEqual([root, leaf], "a");
    expect(await value(leaf.db, "select list[1] is null from a where id = 1")).toBe(true);
  });

  test("values arrive as they are whatever the settings of the session that wrote them", async () => {
    await using set = await pair(
      major,
      `create domain day as date; create type event as (at date, lasts interval);
         create table a (id int primary key, days daterange, list date[], on_day day, what event, lasts interval,
                         number float8, numbers float4[]);
         create table plain (day date primary key, at timestamptz, local timestamp, hour timetz, v text)`,
    );
    const [root, leaf] = [set.node("root"), set.node("leaf")];
    await root.run("add-table", "a", "plain");
    await leaf.run("add-table", "a", "plain", "--wait-sync", "--timeout=60");
    const settings = [
      "datestyle = 'SQL, DMY'",
      "datestyle = 'German'",
      "datestyle = 'Postgres, MDY'",
      "intervalstyle = 'sql_standard'",
      "intervalstyle = 'iso_8601'",
      "extra_float_digits = 0",
      "extra_float_digits = -10",
    ];

    for (const [id, setting] of settings.entries()) {
      await root.db.query(`begin; set local ${setting};
          insert into a values (${id}, daterange('2025-02-01', '2025-03-04'), array['2025-02-01'::date], '2025-02-01',
            row('2025-02-01', '-1 day -2 hours')::event, '-1 day -02:03:04', 0.1::float8 + 0.2, array[1.1::float4 / 3]);
          update a set lasts = lasts * 2 where id = ${id};
          insert into plain select at, at, at, at, 'x' from (values ('2025-02-01 10:11:12.5+03'::timestamptz + '${id} d')) v (at);
          update plain set v = 'moved', local = local + '1 day'; delete from plain where day < date '2025-01-31' + ${id}; commit`);
    }

    await untilEqual([root, leaf], "a");
    await untilEqual([root, leaf], "plain");
  });
});

describe.each(majors().filter((major) => major >= 18))("on PostgreSQL %i", (major) => {
  test.each(["--create", "--create-full"])(
    "rows that are older than a NOT NULL are copied, with %s",
    async (create) => {
      await using set = await pair(major, (node) => {
        if (node === "leaf") return "";
        return `create table a (id int primary key, v int); insert into a values (1, null), (2, 3);
        alter table a add constraint known not null v not valid`;
      });
      const [root, leaf] = [set.node("root"), set.node("leaf")];
      await root.run("add-table", "a");

      await leaf.run("add-table", "a", create, "--wait-sync", "--timeout=60");

      await untilEqual([root, leaf], "a");
      const constraints = create === "--create" ? null : await value(root.db, CONSTRAINTS);
      expect(await value(leaf.db, CONSTRAINTS)).toBe(constraints);
    },
  );
});
