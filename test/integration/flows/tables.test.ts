// Tables of all kinds from one server to another, made there by add-table; and the foreign keys between them.
import { describe, expect, test } from "vitest";
import { crossPairs } from "../../harness/major-pairs.ts";
import { createOurSet, type SetNode, untilEqual } from "../../harness/our-set.ts";
import { value } from "../../harness/sessions.ts";
import { until } from "../../harness/until.ts";

const MINUTE = { timeoutMs: 60_000 };
const KINDS = `
  create table part (id int, day date not null, v text, primary key (id, day)) partition by range (day);
  create table part_1 partition of part for values from ('2026-01-01') to ('2026-07-01');
  create table part_2 partition of part for values from ('2026-07-01') to ('2027-01-01');
  create table ident (id int generated always as identity primary key, v text default 'new');
  create table gen (id int primary key, a int, b int generated always as (a * 2) stored);
  create table "Weird.Name" ("b.c" int primary key, "Größe" text, constraint "ck 1" check ("b.c" > 0));
  create table keyonly (a int, b int, primary key (a, b));
  create table uniq (u int not null, v text);
  create unique index uniq_u on uniq (u);
  create table marked (m int not null, v text);
  create unique index marked_m on marked (m);
  alter table marked replica identity using index marked_m;
  create table bound (m int not null unique, v text, n int unique);
  alter table bound replica identity using index bound_m_key;
  alter table keyonly cluster on keyonly_pkey;
  create table nokey (v int);
  create table later (id int primary key deferrable, v text);
  create table whole (v int);
  alter table whole replica identity full`;
const FILL = `
  insert into part select n, date '2026-01-01' + n, 'p' || n from generate_series(1, 300) n;
  insert into ident (v) select 'i' || n from generate_series(1, 20) n;
  insert into gen (id, a) select n, n from generate_series(1, 20) n;
  insert into "Weird.Name" values (1, 'eins');
  insert into keyonly values (1, 1), (1, 2);
  insert into uniq values (1, 'a'), (2, 'b');
  insert into marked values (1, 'a'), (2, 'b');
  insert into bound values (1, 'a'), (2, 'b')`;
const CHANGE = `
  insert into part values (1000, '2026-12-31', 'late'), (1001, '2026-01-01', 'early');
  update part set v = v || '!' where id <= 10; update part set day = '2026-12-01' where id = 11; delete from part where id = 12;
  insert into ident (v) values ('more'); update ident set v = 'changed' where id = 1; delete from ident where id = 2;
  insert into gen values (100, 7); update gen set a = a + 1 where id < 5; delete from gen where id = 6;
  insert into "Weird.Name" values (2, 'zwei'); update "Weird.Name" set "Größe" = 'it''s' where "b.c" = 1;
  insert into keyonly values (2, 1); update keyonly set b = 3 where b = 2; delete from keyonly where a = 1 and b = 1;
  insert into uniq values (3, 'c'); update uniq set v = 'B' where u = 2; delete from uniq where u = 1;
  insert into marked values (3, 'c'); update marked set v = 'B' where m = 2; delete from marked where m = 1;
  insert into bound values (3, 'c'); update bound set v = 'B' where m = 2; delete from bound where m = 1`;
const TABLES = ["part", "ident", "gen", '"Weird.Name"', "keyonly", "uniq", "marked", "bound"];
const KEYS = `
  create table away (id int primary key);
  create table x (id int primary key, y_id int);
  create table y (id int primary key, x_id int references x deferrable initially deferred, up int references y);
  alter table x add constraint x_y foreign key (y_id) references y deferrable initially deferred;
  alter table x add column away_id int constraint x_away references away;
  create table parted (id int primary key) partition by range (id);
  create table parted_1 partition of parted for values from (0) to (1000);
  alter table parted_1 add constraint part_x foreign key (id) references x`;

describe.each(crossPairs())("tables from PostgreSQL $from to $to", ({ from, to }) => {
  async function untilSame(nodes: readonly SetNode[]): Promise<void> {
    for (const table of TABLES) await untilEqual(nodes, table);
  }

  test("partitioned, identity, generated, quoted and key-only tables are made, copied and replayed; tables without key are refused", async () => {
    await using set = await createOurSet({
      nodes: [
        { name: "root", role: "root", major: from },
        { name: "branch", role: "branch", provider: "root", major: to },
        { name: "leaf", role: "leaf", provider: "branch", major: to },
      ],
      schema: (node) => (node === "root" ? KINDS : "select 1"),
    });
    const [root, branch, leaf] = [set.node("root"), set.node("branch"), set.node("leaf")];
    await root.db.query(FILL);
    const plain = ["part", "ident", "gen", "public.Weird.Name", "keyonly", "marked", "bound"];

    const refused = [
      await root.attempt("add-table", "nokey"),
      await root.attempt("add-table", "whole"),
      await root.attempt("add-table", "uniq"),
      await root.attempt("add-table", "later"),
      await root.attempt("add-table", "later", "--trigger-arg", "pkey=id"),
    ];
    await root.run("add-table", "uniq", "--trigger-arg", "pkey=u");
    await root.run("add-table", ...plain);
    for (const [node, how] of [
      [branch, "--create-full"],
      [leaf, "--create"],
    ] as const) {
      await node.run("add-table", "uniq", how, "--trigger-arg", "pkey=u");
      await node.run("add-table", "--all", how);
      await node.run("wait-sync", "--timeout=90");
    }
    await untilSame([root, branch, leaf]);
    await root.db.query(CHANGE);
    await untilSame([root, branch, leaf]);
    await root.db.query("truncate part, keyonly");
    await untilSame([root, branch, leaf]);

    expect(refused.map(({ status }) => status)).toEqual([1, 1, 1, 1, 1]);
    expect(refused[0]?.stderr).toContain("Primary key missing on table: public.nokey");
    expect(refused[1]?.stderr).toContain("add a primary key, or a unique index");
    expect(refused[2]?.stderr).toContain("--trigger-arg pkey=u");
    for (const { stderr } of refused.slice(3)) {
      expect(stderr).toContain("Primary key is deferrable on table: public.later");
    }
    expect(await value(branch.db, "select count(*)::int from pg_constraint where conname = 'ck 1'")).toBe(1);
    const marks =
      "select array_agg(i::text order by i::text) from (select indexrelid::regclass as i, * from pg_index) x where indisclustered or indisreplident";
    expect(await value(branch.db, marks)).toEqual(["bound_m_key", "keyonly_pkey", "marked_m"]);
    expect(await value(leaf.db, "select count(*)::int from pg_index where indrelid = 'bound'::regclass")).toBe(1);
    expect(
      await value(
        branch.db,
        "select attidentity::text from pg_attribute where attrelid = 'ident'::regclass and attname = 'id'",
      ),
    ).toBe("a");
    expect(await value(branch.db, "select b from gen where id = 100")).toBe(14);
    expect((await branch.attempt("compare")).status).toBe(0);
    for (const node of [root, branch, leaf]) expect(node.workerLog()).not.toMatch(/ERROR/);
  }, 300_000);

  test("foreign keys between copied tables come back, in cycles too; those to other tables stay away and are listed", async () => {
    await using set = await createOurSet({
      nodes: [
        { name: "root", role: "root", major: from },
        { name: "leaf", role: "leaf", provider: "root", major: to },
      ],
      schema: KEYS,
    });
    const [root, leaf] = [set.node("root"), set.node("leaf")];
    await root.db.query(`begin;
      insert into x select n, n from generate_series(1, 100) n;
      insert into y select n, n, case when n > 1 then n - 1 end from generate_series(1, 100) n; commit`);
    await root.db.query("insert into parted values (1), (2)");
    await root.run("add-table", "x", "y", "parted");

    await leaf.run("add-table", "x", "y", "--wait-sync", "--timeout=60");
    const { stdout: withoutParted } = await leaf.run("fkeys");
    await leaf.run("add-table", "parted", "--wait-sync", "--timeout=60");
    const valid =
      "select array_agg(conname::text order by conname) from pg_constraint where contype = 'f' and convalidated and connamespace = 'public'::regnamespace";
    await until(async () => (await value<string[]>(leaf.db, valid))?.length === 4, {
      ...{ ...MINUTE, what: "the keys to be back" },
    });
    await root.db.query("begin; insert into x values (200, 200); insert into y values (200, 200, 1); commit");
    await root.db.query("begin; delete from y where id = 100; delete from x where id = 100; commit");
    await untilEqual([root, leaf], "y");

    expect(await value(leaf.db, valid)).toEqual(["part_x", "x_y", "y_up_fkey", "y_x_id_fkey"]);
    expect(withoutParted).toMatch(/part_x .*parted_1 is not replicated here/);
    expect((await leaf.run("fkeys")).stdout).toMatch(/public\.x\s+public\.away\s+x_away/);
    await untilEqual([root, leaf], "x");
  });

  test("a table that was taken out of the set and put back stays on a node that added it before it replayed that", async () => {
    await using set = await createOurSet({
      nodes: [
        { name: "root", role: "root", major: from },
        { name: "branch", role: "branch", provider: "root", major: to },
        { name: "leaf", role: "leaf", provider: "branch", major: to },
      ],
      schema: "create table a (id int primary key, v text); create table b (id int primary key)",
    });
    const [root, branch, leaf] = [set.node("root"), set.node("branch"), set.node("leaf")];
    await root.run("add-table", "a", "b");
    await branch.run("add-table", "a", "b", "--wait-sync", "--timeout=60");
    await leaf.run("add-table", "b", "--wait-sync", "--timeout=60");
    await leaf.stopWorker();
    await root.run("remove-table", "a");
    await until(() => value<boolean>(branch.db, "select count(*) = 1 from londiste.table_info"), {
      ...{ ...MINUTE, what: "the branch without a" },
    });
    await root.run("add-table", "a");
    await branch.run("add-table", "a", "--wait-sync", "--timeout=60");
    await leaf.run("add-table", "a");
    await root.db.query("insert into a values (1, 'x')");

    leaf.startWorker();
    await leaf.run("wait-sync", "--timeout=60");
    await root.db.query("insert into a values (2, 'y')");
    await untilEqual([root, leaf], "a");
    const missingBefore = (await leaf.run("missing")).stdout;
    await root.run("remove-table", "a");
    await until(() => value<boolean>(leaf.db, "select count(*) = 1 from londiste.table_info"), {
      ...{ ...MINUTE, what: "the leaf without a" },
    });

    expect(missingBefore).toBe("");
    expect((await leaf.run("tables", "--names-only")).stdout).toBe("public.b\n");
  });
});
