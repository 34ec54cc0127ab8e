// The commands about tables and sequences on a set of root, branch and leaf, with workers running.
import { writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { majors } from "../harness/database.ts";
import { createOurSet, type OurSet, type SetNode } from "../harness/our-set.ts";
import { value } from "../harness/sessions.ts";
import { until } from "../harness/until.ts";

const SCHEMA = `
  create table parent (id serial primary key, name text);
  create table child (id serial primary key, parent_id int references parent, note text default 'x');
  create index child_note on child (note)`;

describe.each([majors().at(-1)!, majors()[0]!].filter((major, at, all) => all.indexOf(major) === at))(
  "a set of three nodes on PostgreSQL %i",
  (major) => {
    let set: OurSet;
    let root: SetNode;
    let branch: SetNode;
    let leaf: SetNode;

    beforeAll(async () => {
      set = await createOurSet({
        nodes: [
          { name: "root", role: "root", major },
          { name: "branch", role: "branch", provider: "root", major },
          { name: "leaf", role: "leaf", provider: "branch", major },
        ],
        schema: SCHEMA,
      });
      [root, branch, leaf] = [set.node("root"), set.node("branch"), set.node("leaf")];
    }, 120_000);
    afterAll(() => set[Symbol.asyncDispose]());

    async function untilRows(node: SetNode, sql: string, rows: readonly object[]): Promise<void> {
      await until(async () => JSON.stringify((await node.db.query<object>(sql)).rows) === JSON.stringify(rows), {
        timeoutMs: 30_000,
        what: `${node.name}: ${sql}`,
      });
    }

    test("the root lists what is missing, and a pattern adds it", async () => {
      const missing = await root.run("missing", "--json");
      expect(JSON.parse(missing.stdout)).toEqual({
        tables: ["public.child", "public.parent"],
        sequences: ["public.child_id_seq", "public.parent_id_seq"],
      });

      await root.run("add-table", "par*", "child");
      await root.run("add-seq", "parent_id_seq", "child_id_seq");

      const tables = await root.run("tables", "--json");
      expect(JSON.parse(tables.stdout)).toMatchObject([
        { name: "public.child", state: "ok" },
        { name: "public.parent", state: "ok" },
      ]);
      expect((await root.run("missing")).stdout).toBe("");
    });

    test("tables, seqs, members, node-info and node-status print what the old program printed, for scripts that read it", async () => {
      const member = (await root.run("members")).stdout.split("\n");
      const info = (await root.run("node-info")).stdout.split("\n");

      expect((await root.run("tables")).stdout).toBe(
        [
          "Tables on node",
          "table_name       merge_state      table_attrs",
          "---------------  ---------------  ---------------",
          "public.child     ok               ",
          "public.parent    ok               ",
          "\n\n",
        ].join("\n"),
      );
      expect((await root.run("seqs")).stdout.split("\n").slice(0, 4)).toEqual([
        "Sequences on node",
        "seq_name              local            last_value",
        "--------------------  ---------------  ---------------",
        "public.parent_id_seq  True             30001",
      ]);
      expect(member.slice(0, 2)).toEqual([
        "Member info on root@replika:",
        "node_name        dead             node_location",
      ]);
      expect(member[3]).toMatch(/^branch {11}False {12}\S/);
      expect(info.slice(0, 4)).toEqual([
        "Node: root  Type: root  Queue: replika",
        "Status: OK",
        "Provider: --",
        "Connect strings:",
      ]);
      expect(info[4]?.replace("Local   ", "Public  ")).toBe(info[5]);
      expect(info.slice(6)).toEqual([""]);
      const status = JSON.parse((await branch.run("node-status", "--json")).stdout) as unknown;
      expect(status).toMatchObject({ node: "branch", provider: "root", isPaused: false, subscribers: ["leaf"] });
      expect((await branch.run("node-status")).stdout).toMatch(
        /^branch \(branch\)\n {4}Provider: root\n {4}Subscribers: leaf\n {4}Tables: 0\/0\/2\n {4}Lag: /,
      );
    });

    test("a branch without tables gets them made and copied, a leaf with tables and keys gets them copied", async () => {
      await root.db.query("insert into parent (name) select 'p' || i from generate_series(1, 100) i");
      await root.db.query("insert into child (parent_id) select i from generate_series(1, 100) i");

      await branch.run("add-seq", "--all", "--create");
      await branch.run("add-table", "--all", "--wait-sync", "--timeout=60");
      await leaf.run("add-seq", "--all");
      await leaf.run("add-table", "--all", "--wait-sync", "--timeout=60");

      for (const node of [branch, leaf]) {
        expect(await value(node.db, "select count(*)::int from child")).toBe(100);
        expect(await value(node.db, "select max(name) from parent")).toBe("p99");
      }
      await until(() => value<boolean>(leaf.db, "select count(*) = 0 from londiste.pending_fkeys"), {
        timeoutMs: 30_000,
        what: "foreign keys are back",
      });
      expect(
        await value(leaf.db, "select count(*)::int from pg_constraint where conname = 'child_parent_id_fkey'"),
      ).toBe(1);
      expect(await value(branch.db, "select count(*)::int from pg_indexes where indexname = 'child_note'")).toBe(1);
    });

    test("changes of all kinds arrive on branch and leaf, and both refuse changes of their own", async () => {
      await root.db.query("update child set note = 'changed' where id <= 10");
      await root.db.query("delete from child where id > 50");
      await root.db.query("insert into child (parent_id, note) values (null, 'Ünï ''quoted'' \\ text')");

      const rows = (await root.db.query<object>("select * from child order by id")).rows;
      await untilRows(branch, "select * from child order by id", rows);
      await untilRows(leaf, "select * from child order by id", rows);
      await expect(leaf.db.query("delete from child")).rejects.toThrow(/change not allowed/);
      await expect(branch.db.query("delete from child")).rejects.toThrow(/disallowed/);

      await root.db.query("truncate child");
      await untilRows(leaf, "select id from child", []);
    });

    test("compare finds no difference, and status counts the tables", async () => {
      const compared = await leaf.attempt("compare", "parent");

      expect(compared.status).toBe(0);
      expect(compared.stdout).toMatch(/^Counting public\.parent\nsrcdb: (\d+ rows, checksum=-?\d+)\ndstdb: \1\n$/);
      expect((await leaf.attempt("compare")).status).toBe(0);
      expect((await root.run("status")).stdout).toContain("Tables: 2/0/0");
    });

    test("adding what is there says so and changes nothing; what is nowhere is an error with a hint", async () => {
      expect((await leaf.run("add-table", "parent")).stderr).toContain("public.parent already processed");
      const unknown = await leaf.attempt("add-table", "nowhere");
      expect(unknown.status).toBe(1);
      expect(unknown.stderr).toContain("public.nowhere not available");
      expect((await leaf.attempt("add-table", "a", "b", "--dest-table=c", "--force")).status).toBe(2);
      expect((await leaf.attempt("resync", "nowhere")).status).toBe(1);
      expect((await root.attempt("resync", "parent")).stderr).toContain("nobody to copy tables from");
      expect((await leaf.attempt("change-handler", "parent", "--handler=nothing")).status).not.toBe(0);
      expect((await leaf.attempt("add-table", "new", "--handler=nothing", "--force")).stderr).toContain(
        "table public.new: there is no handler nothing",
      );
      expect((await leaf.attempt("add-table", "x", "--trigger-flags=Z", "--force")).stderr).toContain(
        "does not know Z",
      );
    });

    test("check finds nothing on a node as it should be, and names what is not", async () => {
      expect((await leaf.attempt("check")).status).toBe(0);
      expect((await leaf.run("fkeys")).stdout).toBe("no foreign key is away\n");
      await leaf.db.query("alter table child drop column note");
      await leaf.db.query("alter table child add column more text not null");

      const { status, stdout } = await leaf.attempt("check", "child");

      expect(status).toBe(3);
      expect(stdout).toContain("error: public.child: column note is missing here");
      expect(stdout).toContain("column more is not on the provider, takes no NULL and has no default");
      await leaf.db.query("alter table child drop column more, add column note text");
    });

    test("a script of execute runs on all nodes at its place, once, with names and conditions of the node", async () => {
      const file = set.folder.file("add.sql");
      writeFileSync(
        file,
        "--*-- Local-Table: child\nalter table @child@ add column extra int;\nupdate @child@ set extra = id;\n",
      );
      const bad = set.folder.file("bad.sql");
      writeFileSync(bad, "create table half (); select nonsense;");

      expect((await root.attempt("execute", file, bad)).status).toBe(1);
      expect((await leaf.attempt("execute", file)).stderr).toContain("not root node");
      await root.run("execute", file);
      expect((await root.run("execute", file)).stdout).toContain("was run before");
      await root.db.query("insert into child (id, extra) values (9001, 5)");

      await untilRows(leaf, "select to_jsonb(c) ->> 'extra' as extra from child c where id = 9001", [{ extra: "5" }]);
      expect(await value(root.db, "select to_regclass('half')")).toBeNull();
    });

    test("resync copies a table anew", async () => {
      await leaf.db.query("set session_replication_role = replica");
      await leaf.db.query("delete from parent where id = 7");
      await leaf.db.query("reset session_replication_role");

      await leaf.run("resync", "parent");
      await leaf.run("wait-sync", "--timeout=60");

      expect(await value(leaf.db, "select count(*)::int from parent")).toBe(100);
    });

    test("wait-sync ends with an error when the table that it waits for leaves the node", async () => {
      await leaf.stopWorker();
      await leaf.run("resync", "child");
      const waiting = leaf.attempt("wait-sync", "--timeout=60");
      const looks =
        "select count(*) > 0 from pg_stat_activity where datname = current_database() and query like '%get_table_list%' and pid <> pg_backend_pid()";
      await until(() => value<boolean>(leaf.db, looks), { timeoutMs: 30_000, what: "wait-sync to look" });
      await leaf.run("remove-table", "child");
      const { status, stdout, stderr } = await waiting;
      await leaf.run("add-table", "child");
      leaf.startWorker();
      await leaf.run("wait-sync", "--timeout=60");

      expect(status).toBe(1);
      expect(stdout + stderr).toContain("public.child left this node before the copy was in sync");
      expect(stdout + stderr).not.toContain("All done");
    });

    test("a table whose schema has a dot in its name is refused with that reason", async () => {
      await root.db.query(`create schema "x.y"; create table "x.y"."T.x" (id int primary key)`);

      const { status, stderr } = await root.attempt("add-table", "x.y.T.x");
      await root.db.query(`drop schema "x.y" cascade`);

      expect(status).toBe(1);
      expect(stderr).toContain('schema "x.y" has a dot in its name');
    });

    test("a table that is removed on the root leaves all nodes, with its triggers", async () => {
      await root.run("remove-table", "child");

      await until(() => value<boolean>(leaf.db, "select count(*) = 1 from londiste.table_info"), {
        timeoutMs: 30_000,
        what: "leaf",
      });
      await leaf.db.query("insert into child (id) values (4711)");
      expect((await root.run("tables", "--names-only")).stdout).toBe("public.parent\n");
    });
  },
);
