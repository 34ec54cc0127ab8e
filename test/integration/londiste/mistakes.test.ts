// What a person may tell the commands about tables wrongly: it is refused before it does harm, in words that say what it was.
import { writeFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { londiste } from "../../../src/londiste/index.ts";
import { createOurSet, type OurSet, type SetNode } from "../../harness/our-set.ts";
import { startHere } from "../../harness/run-program.ts";
import { until } from "../../harness/until.ts";
import { value } from "../../harness/sessions.ts";

const SCHEMA = `
  create table args (id int primary key, v text);
  create table mixed (id int primary key, "Kind" int, "user" text);
  create table shared (id int primary key, v text);
  create table first (id int primary key, v text);
  create table gone (id int primary key, v text);
  create table last (id int primary key, v text);
  create table slow (id int primary key, v text)`;
const STACK = /^\s+at /m;

let set: OurSet;
let root: SetNode;
let leaf: SetNode;

beforeAll(async () => {
  set = await createOurSet({
    nodes: [
      { name: "root", role: "root" },
      { name: "leaf", role: "leaf", provider: "root" },
    ],
    schema: SCHEMA,
  });
  [root, leaf] = [set.node("root"), set.node("leaf")];
}, 120_000);
afterAll(() => set[Symbol.asyncDispose]());

test.each([
  { words: ["--trigger-arg=pkey=zz"], text: "--trigger-arg pkey=zz: there is no column zz" },
  { words: ["--trigger-arg=ignore=v,zz"], text: "--trigger-arg ignore=v,zz: there is no column zz" },
  { words: ["--trigger-arg=when=zz > 1"], text: '--trigger-arg when=zz > 1: column "zz" does not exist' },
  { words: ["--trigger-arg=ev_extra2=lower(id)"], text: "--trigger-arg ev_extra2=lower(id): function lower(integer)" },
  { words: ["--trigger-flags=L", "--trigger-arg=pkey=zz"], text: "--trigger-arg pkey=zz: there is no column zz" },
  { words: ["--trigger-flags=L", "--trigger-arg=when=zz > 1"], text: 'when=zz > 1: column "zz" does not exist' },
  { words: ["--trigger-flags=BI", "--trigger-arg=when=id"], text: "when=id: its value is not a boolean" },
  { words: ["--trigger-flags=Q", "--trigger-arg=when=id > 0) or (true"], text: "when=id > 0) or (true: syntax error" },
  {
    words: ["--trigger-flags=J", "--trigger-arg=ev_extra2=lower(id)"],
    text: "ev_extra2=lower(id): function lower(integer)",
  },
  { words: ["--trigger-arg=bakcup"], text: "--trigger-arg does not know bakcup" },
  { words: ["--trigger-arg=ev_extra9=v"], text: "--trigger-arg does not know ev_extra9=v" },
])("a trigger argument that the table does not fit is refused by name: $words", async ({ words, text }) => {
  const { status, stderr } = await root.attempt("add-table", "args", ...words);

  expect(status).toBeGreaterThan(0);
  expect(stderr).toContain(text);
  expect(stderr).not.toMatch(STACK);
  expect((await root.run("tables", "--names-only")).stdout).not.toContain("args");
});

test("an expression of a row trigger may be what they take: columns of mixed case without quotes, queries, functions", async () => {
  const args = ["when=Kind > 0 and user <> ''", "ev_extra2=max(n) from generate_series(1, id) n where n > 0"];
  await root.run("add-table", "mixed", "--trigger-flags=L", ...args.map((arg) => `--trigger-arg=${arg}`));

  await root.db.query("insert into mixed values (3, 1, 'me'), (4, 0, 'me')");

  const sql = "select ev_extra2 from pgq.event_template where ev_extra1 = 'public.mixed'";
  const { rows } = await root.db.query(sql);
  expect(rows).toEqual([{ ev_extra2: "3" }]);
});

test("trigger arguments that fit are taken, in the row form with white space too, and change-handler checks them", async () => {
  await root.run("add-table", "args", "--trigger-flags=L", "--trigger-arg=ignore= v", "--trigger-arg=backup");
  await root.db.query("insert into args values (1, 'a')");

  const refused = await root.attempt("change-handler", "args", "--trigger-arg=pkey=zz");
  await root.run("change-handler", "args", "--trigger-arg=pkey=id", "--trigger-arg=when=id > 0");
  await root.db.query("insert into args values (2, 'a')");

  expect(refused.stderr).toContain("--trigger-arg pkey=zz: there is no column zz");
});

test("a table cannot be in the set under two names, of which one would get no changes any more", async () => {
  await root.run("add-table", "shared");

  const { status, stderr } = await root.attempt("add-table", "other", "--dest-table=shared");

  expect(status).toBe(1);
  expect(stderr).toContain("table public.shared is part of the set already, as public.shared");
});

test("options that exclude each other are refused", async () => {
  const { status, stderr } = await root.attempt("add-table", "first", "--create", "--create-full");

  expect(status).toBe(2);
  expect(stderr).toContain("--create and --create-full exclude each other");
});

test("a table that cannot be made for want of a type is told of in one line, and nothing of it is made", async () => {
  await root.db.query("create type mood as enum ('sad', 'glad'); create table moods (id int primary key, m mood)");
  await root.run("add-table", "moods");

  const { status, stderr } = await leaf.attempt("add-table", "moods", "--create");

  expect(status).toBe(1);
  expect(stderr).toContain(
    'table public.moods cannot be made here as it is on its source: type "public.mood" does not exist',
  );
  expect(stderr).not.toMatch(STACK);
});

test("an option of the old program that has no effect any more is taken, and said to have none", async () => {
  const { stderr } = await root.attempt("repair", "--sort-bufsize=10M");

  expect(stderr).toContain("sort_bufsize: no effect; nothing is sorted outside of the database");
  expect(stderr).toContain("node root is root");
});

test("a script that fails is told of in one line, and what to do", async () => {
  const file = set.folder.file("fails.sql");
  writeFileSync(file, "create table made (); select nonsense;");

  const { status, stderr } = await root.attempt("execute", file);

  expect(status).toBe(1);
  expect(stderr).toContain('script fails.sql, statement 2: column "nonsense" does not exist');
  expect(stderr).toContain("give all of them again");
  expect(stderr).not.toMatch(STACK);
});

test("compare and repair go on with the other tables when one cannot be read", async () => {
  await root.run("add-table", "first", "gone", "last");
  await leaf.run("add-table", "first", "gone", "last", "--wait-sync", "--timeout=60");
  await leaf.db.query("drop table gone");

  const equal = await leaf.attempt("compare", "--json");
  await leaf.db.query("set session_replication_role = replica; insert into last values (1, 'more'); reset all");
  const differing = await leaf.attempt("compare");
  const repaired = await leaf.attempt("repair", "--apply");

  expect(equal.status).toBe(1);
  expect(JSON.parse(equal.stdout)).toMatchObject({
    tables: [{ table: "public.first" }, { table: "public.last", isEqual: true }],
    skipped: [{ table: "public.gone", reason: expect.stringContaining("there is no table public.gone") as unknown }],
  });
  expect(differing.status).toBe(3);
  expect(differing.stdout).toContain("public.last: Results do not match!");
  expect(differing.stderr).not.toMatch(STACK);
  expect(repaired.status).toBe(1);
  expect(await value(leaf.db, "select count(*)::int from last")).toBe(0);
});

test("compare that a signal stops says so in one line, and is neither equal nor different", async () => {
  await root.run("add-table", "slow");
  await leaf.run("add-table", "slow", "--wait-sync", "--timeout=60");
  await leaf.stopWorker(); // it waits for the leaf then
  const here = startHere(londiste, [leaf.iniFile, "compare", "slow"]);
  const isWaiting =
    "select exists (select from pg_locks where locktype = 'virtualxid' and pid in (select pid from pg_stat_activity where datname = current_database() and state = 'idle in transaction'))";
  await until(() => value<boolean>(root.db, isWaiting), { timeoutMs: 60_000, what: "the transaction of compare" });

  here.signal("SIGTERM");
  const { status, stderr } = await here.ended;
  leaf.startWorker();

  expect(status).toBe(1);
  expect(stderr).toContain("stopped by a signal");
  expect(stderr).not.toMatch(/crashed|^\s+at /m);
});

test("of several tables one that cannot be added keeps none of the others away, and all faults are told", async () => {
  await root.db.query("create table fit_1 (id int primary key); create table fit_3 (id int primary key)");
  await root.db.query("create table fit_2 (v text); create table fit_4 (v text)");

  const { status, stderr } = await root.attempt("add-table", "fit_*");

  const { stdout } = await root.run("tables", "--names-only");
  expect(status).toBe(1);
  expect(stderr).toContain("2 of 4 tables were not added");
  expect(stderr).toContain("public.fit_2");
  expect(stderr).toContain("public.fit_4");
  expect(stderr).not.toMatch(STACK);
  expect(stdout.split("\n").filter((name) => name.includes("fit_"))).toEqual(["public.fit_1", "public.fit_3"]);
});

test("check tells of a sequence of the set that is gone", async () => {
  await root.db.query("create sequence lost_numbers");
  await root.run("add-seq", "lost_numbers");
  const before = await root.run("check");
  await root.db.query("drop sequence lost_numbers");

  const { status, stdout } = await root.attempt("check");

  expect(before.stdout).not.toContain("lost_numbers");
  expect(status).toBe(3);
  expect(stdout).toContain("sequence public.lost_numbers does not exist here");
});
