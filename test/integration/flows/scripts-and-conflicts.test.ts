// What stops replay on one node, and how it goes on: scripts that fail there, rows that conflict; and nodes that fetch only
// what is theirs.
import { writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { endMajors } from "../../harness/major-pairs.ts";
import { createOurSet, type OurSet, untilEqual } from "../../harness/our-set.ts";
import { value } from "../../harness/sessions.ts";
import { until } from "../../harness/until.ts";

const MINUTE = { timeoutMs: 60_000 };
const SCHEMA = "create table a (id int primary key, v text); create table b (id int primary key, v text)";

describe.each(endMajors())("a leaf that is stopped on PostgreSQL %i", (major) => {
  async function pair(ini: readonly string[] = []): Promise<OurSet> {
    const set = await createOurSet({
      nodes: [
        { name: "root", role: "root", major },
        { name: "leaf", role: "leaf", provider: "root", major, ini },
      ],
      schema: SCHEMA,
    });
    const root = set.node("root");
    await root.db.query("insert into a values (1, 'a'); insert into b values (1, 'b')");
    await root.run("add-table", "a", "b");
    return set;
  }

  test("a script that fails on a node, or fits it in part, shows in status and can be skipped there", async () => {
    await using set = await pair();
    const [root, leaf] = [set.node("root"), set.node("leaf")];
    await leaf.run("add-table", "a", "--wait-sync", "--timeout=60");
    await leaf.db.query("alter table a add column extra int");
    const script = (name: string, sql: string): string => {
      const file = set.folder.file(name);
      writeFileSync(file, sql);
      return file;
    };
    const untilError = async (text: string): Promise<void> => {
      await until(async () => (await root.run("status")).stdout.includes(text), {
        ...MINUTE,
        what: `${text} in status`,
      });
    };

    await root.run("execute", script("add.sql", "alter table a add column extra int;"));
    await root.db.query("insert into a values (2, 'after', 5)");
    await untilError("script add.sql, statement 1");
    const stuck = await value(leaf.db, "select count(*)::int from a");
    await leaf.run("skip-script", "add.sql");
    await untilEqual([root, leaf], "a");
    await root.run("execute", script("partial.sql", "--*-- Local-Table: a, b\nupdate @a@ set extra = 9;"));
    await untilError("SQL only partially matches local setup");
    await leaf.run("skip-script", "partial.sql");
    await root.db.query("insert into a values (3, 'end', 1)");
    await until(() => value<boolean>(leaf.db, "select exists (select from a where id = 3)"), MINUTE);

    expect(stuck).toBe(1);
    expect(await value(leaf.db, "select extra from a where id = 2")).toBe(5);
    expect(await value(root.db, "select extra from a where id = 2")).toBe(9);
  });

  test("what a script sets for itself, a role included, ends with it: rows behind it are replayed as ever", async () => {
    await using set = await pair();
    const [root, leaf] = [set.node("root"), set.node("leaf")];
    await leaf.run("add-table", "a", "b", "--wait-sync", "--timeout=60");
    const role = `maker_${leaf.database.name}`;
    for (const { db } of [root, leaf]) {
      await db.query(`do $$ begin create role ${role}; exception when duplicate_object then null; end $$`);
      await db.query(`grant create on schema public to ${role}`);
    }
    const file = set.folder.file("dump.sql");
    writeFileSync(
      file,
      `set statement_timeout = 1; set statement_timeout = 0; set client_encoding = 'UTF8';
       select pg_catalog.set_config('search_path', '', false); set local datestyle = 'SQL, DMY'; set application_name = 'leak';
       set session_replication_role = origin; set row_security = off; set role ${role};
       create table public.made (id int primary key, at name default current_setting('application_name'));
       insert into public.made values (1);`,
    );
    const latin = set.folder.file("latin.sql");
    writeFileSync(latin, "set client_encoding = 'LATIN1'; update a set v = 'grün';");

    await root.run("execute", file);
    const refused = await root.attempt("execute", latin);
    await root.db.query("insert into a values (2, 'grün €')");
    await untilEqual([root, leaf], "a");
    await leaf.db.query("create function never() returns trigger language plpgsql as 'begin raise ''fired''; end'");
    await leaf.db.query("create trigger never before insert on a for each row execute function never()");
    await root.db.query("insert into a values (3, 'as a replica')");
    await untilEqual([root, leaf], "a");

    expect([refused.status, refused.stderr]).toEqual([
      2,
      expect.stringMatching(/latin\.sql sets client_encoding to LATIN1/),
    ]);
    for (const { db } of [root, leaf]) {
      const made = "select tableowner || ' ' || (select at from made) from pg_tables where tablename = 'made'";
      expect(await value(db, made)).toBe(`${role} leak`);
      await db.query(`drop owned by ${role}`);
      const sessions = "select count(*)::int from pg_stat_activity where application_name = 'leak'";
      expect(await value(db, sessions)).toBe(0);
    }
    await root.db.query(`drop role ${role}`);
  });

  test("execute keeps nobody from an altered table while it looks after the triggers that log changes", async () => {
    await using set = await pair();
    const root = set.node("root");
    const file = set.folder.file("add.sql");
    writeFileSync(file, "alter table a add column extra int;");
    const isStale = "select state from pgq.get_capture_info('replika') where table_name = 'public.a'";
    const other = await root.database.connect();
    await other.query("begin; lock table pgq.capture in share row exclusive mode");

    const executed = root.run("execute", file);
    await until(() => value<boolean>(root.db, "select exists (select from londiste.applied_execute)"), MINUTE);
    await root.db.query("set lock_timeout = '5s'; insert into a values (2, 'b', 3)");
    const before = await value(root.db, isStale);
    await other.query("commit");
    await executed;

    expect([before, await value(root.db, isStale)]).toEqual(["stale", "ok"]);
  });

  test("rows may use a label that a script of their batch adds to an enum", async () => {
    await using set = await pair();
    const [root, leaf] = [set.node("root"), set.node("leaf")];
    for (const { db } of [root, leaf]) {
      await db.query("create schema app; create type app.mood as enum ('x'); alter table a add column m app.mood");
    }
    await leaf.run("add-table", "a", "--wait-sync", "--timeout=60");
    await leaf.stopWorker();
    const file = set.folder.file("mood.sql");
    writeFileSync(
      file,
      `set search_path = app, public;
       alter type mood /* no */ add value 'y' before 'x';
       create type weather as enum ('rain');
       alter type weather add value 'sun';
       alter table a add column w weather default 'rain'`,
    );
    await root.run("execute", file);
    await root.db.query("insert into a values (2, 'b', 'y', 'rain')");

    leaf.startWorker();

    await untilEqual([root, leaf], "a");
    expect(await value(leaf.db, "select enum_range(null::app.mood)::text")).toBe("{y,x}");
  });

  test("what leaves the set and was never known to a node does not stop it, nor does a table whose source is away", async () => {
    await using set = await pair();
    const [root, leaf] = [set.node("root"), set.node("leaf")];
    const remove = "select pgq.insert_event($1, $2, 'public.never_there', null, null, null, null)";
    for (const type of ["londiste.remove-table", "londiste.remove-seq"]) await root.db.query(remove, [set.queue, type]);
    await leaf.run("add-table", "a", "--wait-sync", "--timeout=60");
    const away =
      "update londiste.table_info set merge_state = null, table_attrs = 'copy_node=gone' where table_name = 'public.a'";
    await leaf.db.query(away);
    await leaf.run("add-table", "b");
    await root.db.query("insert into b values (2, 'after')");
    await untilEqual([root, leaf], "b");

    const state = "select merge_state from londiste.table_info where table_name = 'public.a'";
    expect(await value(leaf.db, state)).toBeNull();
    expect(leaf.workerLog()).not.toMatch(/Table not found/);
  });

  test("a table that was made anew on the root is logged again after change-handler, as check says", async () => {
    await using set = await pair();
    const [root, leaf] = [set.node("root"), set.node("leaf")];
    await leaf.run("add-table", "a", "--wait-sync", "--timeout=60");
    await root.db.query("alter table a rename to a_old; create table a (like a_old including all)");

    const check = await root.attempt("check", "a");
    await root.run("change-handler", "a");
    await root.db.query("insert into a values (1000, 'logged')");
    await until(() => value<boolean>(leaf.db, "select exists (select from a where id = 1000)"), MINUTE);

    expect(check.stdout).toMatch(/nothing logs its changes/);
    expect((await root.run("change-handler", "a")).stderr).toMatch(/Handler for table public.a not changed/);
  });

  test("conflict_policy = quarantine: one table stops, the others go on, resync mends it", async () => {
    await using set = await pair(["conflict_policy = quarantine"]);
    const [root, leaf] = [set.node("root"), set.node("leaf")];
    await leaf.run("add-table", "a", "b", "--wait-sync", "--timeout=60");
    await leaf.db.query(
      "set session_replication_role = replica; insert into a values (5, 'mine'); reset session_replication_role",
    );

    await root.db.query("insert into a values (5, 'theirs')");
    await root.db.query("insert into b values (5, 'goes on')");
    await untilEqual([root, leaf], "b");
    const attributes = await value<string>(
      leaf.db,
      "select table_attrs from londiste.table_info where table_name = 'public.a'",
    );
    await root.db.query("insert into a values (6, 'later'); insert into b values (6, 'later')");
    await untilEqual([root, leaf], "b");
    const kept = await value(leaf.db, "select array_agg(v order by id) from a");
    await leaf.run("resync", "a");
    await leaf.run("wait-sync", "--timeout=60");
    await root.db.query("insert into a values (7, 'again')");
    await untilEqual([root, leaf], "a");

    expect(attributes).toMatch(/quarantine=\d+/);
    expect(kept).toEqual(["a", "mine"]);
    expect(leaf.workerLog()).toMatch(/table put into quarantine: resync it/);
  });

  test("a table that is resynced while a conflict of it is replayed does not come into quarantine", async () => {
    await using set = await pair(["conflict_policy = quarantine"]);
    const [root, leaf] = [set.node("root"), set.node("leaf")];
    await leaf.run("add-table", "a", "b", "--wait-sync", "--timeout=60");
    await leaf.db.query(
      "set session_replication_role = replica; insert into a values (5, 'mine'); reset session_replication_role",
    );
    await leaf.db.query("begin; lock table b in share mode");
    await root.db.query("insert into a values (5, 'theirs'); insert into b values (5, 'waits')");
    const waits =
      "select exists (select from pg_locks where relation = 'b'::regclass and mode = 'RowExclusiveLock' and not granted)";
    await until(() => value<boolean>(leaf.db, waits), { ...MINUTE, what: "a batch that waits" });

    await leaf.run("resync", "a");
    await leaf.db.query("commit");
    await leaf.run("wait-sync", "--timeout=60");
    await root.db.query("insert into a values (6, 'after')");
    await untilEqual([root, leaf], "a");

    const attributes = "select table_attrs from londiste.table_info where table_name = 'public.a'";
    expect(await value(leaf.db, attributes)).not.toContain("quarantine");
  });

  test("a row that is in the way is named with its event, and replay goes on without a restart when it is gone", async () => {
    await using set = await pair();
    const [root, leaf] = [set.node("root"), set.node("leaf")];
    await leaf.run("add-table", "a", "b", "--wait-sync", "--timeout=60");
    await leaf.db.query("set session_replication_role = replica; insert into a values (5, 'mine')");

    await root.db.query("insert into a values (5, 'theirs'); insert into b values (5, 'waits')");
    await until(async () => /event \d+.*public\.a/.test((await root.run("status", "--json")).stdout), {
      ...{ ...MINUTE, what: "event and table in status" },
    });
    const waiting = await value(leaf.db, "select count(*)::int from b");
    await leaf.db.query("delete from a where id = 5");
    await untilEqual([root, leaf], "a");
    await untilEqual([root, leaf], "b");

    expect(waiting).toBe(1);
  });

  test("local_only: a leaf fetches what is its own, with scripts; a branch refuses it", async () => {
    await using set = await pair(["local_only = 1"]);
    const [root, leaf] = [set.node("root"), set.node("leaf")];
    await leaf.run("add-table", "a", "--wait-sync", "--timeout=60");
    const file = set.folder.file("more.sql");
    writeFileSync(file, "alter table a add column more int;");
    const branch = await set.addNode({
      name: "branch",
      role: "branch",
      provider: "root",
      major,
      ini: ["local_only = 1"],
    });

    await root.db.query("insert into b values (9, 'not theirs'); insert into a values (9, 'theirs')");
    await root.run("execute", file);
    await root.db.query("insert into a values (10, 'x', 1)");
    await untilEqual([root, leaf], "a");
    await until(() => /local_only is not possible on node branch/.test(branch.workerLog()), MINUTE);

    expect(await value(leaf.db, "select count(*)::int from b")).toBe(0);
  });
});
