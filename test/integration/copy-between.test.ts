// COPY from one session into another, frames passed on as they come.
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { connect, copyBetween, type Connection } from "../../src/postgres/index.ts";
import { createDatabase, majors, type TestDatabase } from "../harness/database.ts";
import { until } from "../harness/until.ts";

let from: TestDatabase;
let to: TestDatabase;
let source: Connection;
let target: Connection;

beforeAll(async () => {
  [from, to] = await Promise.all([
    createDatabase(majors()[0]!, "template1"),
    createDatabase(majors().at(-1)!, "template1"),
  ]);
  source = await connect(from.url, { env: {} });
  target = await connect(to.url, { env: {} });
  await source.execute("create table t (id int8, word text); create table wide (id int4, body text)");
  await source.query("insert into t select i, repeat(chr(65 + i % 26), i % 300) from generate_series(1, 50000) i");
  await source.query("insert into wide select i, repeat('x', i * 3000000) from generate_series(1, 4) i");
  await target.execute("create table t (id int8, word text); create table wide (id int4, body text)");
});
afterAll(async () => {
  await Promise.all([source.close(), target.close()]);
  await Promise.all([from.drop(), to.drop()]);
});
beforeEach(() => target.execute("truncate t, wide"));

const endless = "copy (select a.id, a.word from t a, t b) to stdout";
const COUNT = "select count(*)::int4 as rows, md5(string_agg(id || word, ',' order by id)) as sum from t";

test.each(["text", "binary"])("rows arrive as they were, as %s", async (format) => {
  let seen = 0;
  const copied = await copyBetween(source, target, {
    from: `copy t to stdout (format ${format})`,
    into: `copy t from stdin (format ${format})`,
    onBytes: (bytes) => (seen += bytes),
  });

  expect(copied.rows).toBe(50_000);
  expect(seen).toBe(copied.bytes);
  expect(await target.one(COUNT)).toEqual(await source.one(COUNT));
});

test("rows larger than any buffer arrive, and an empty table does", async () => {
  await copyBetween(source, target, { from: "copy wide to stdout", into: "copy wide from stdin" });
  const empty = await copyBetween(source, target, {
    from: "copy (select * from t where false) to stdout",
    into: "copy t from stdin",
  });

  const { bytes } = await target.one<{ bytes: bigint }>("select sum(length(body))::int8 as bytes from wide");
  expect(bytes).toBe(30_000_000n);
  expect(empty.rows).toBe(0);
});

test.each([
  ["the source's statement is wrong", "copy nothing to stdout", "copy t from stdin", /"nothing" does not exist/],
  [
    "the source fails on the way",
    "copy (select id, 1 / (id - 40000) from t) to stdout",
    "copy t from stdin",
    /division/,
  ],
  ["the target's statement is wrong", "copy t to stdout", "copy nothing from stdin", /"nothing" does not exist/],
  ["the target refuses a row", "copy (select word, id from t) to stdout", "copy t from stdin", /invalid input syntax/],
])("when %s, nothing is stored and both sessions are usable", async (_, from, into, message) => {
  await expect(copyBetween(source, target, { from, into })).rejects.toThrow(message);

  expect(await target.one("select count(*)::int4 as n from t")).toEqual({ n: 0 });
  expect(await source.one("select 1 as n")).toEqual({ n: 1 });
});

test("a signal stops a copy that runs, and one that waits for a lock", async () => {
  await using holder = await connect(to.url, { env: {} });
  const running = new AbortController();
  const run = copyBetween(source, target, {
    from: endless,
    into: "copy t from stdin",
    signal: running.signal,
    onBytes: () => running.abort(),
  });
  await expect(run).rejects.toMatchObject({ code: "ABORTED" });

  const waiting = new AbortController();
  await holder.execute("begin; lock table t in access exclusive mode");
  const wait = copyBetween(source, target, { from: endless, into: "copy t from stdin", signal: waiting.signal });
  waiting.abort();
  await expect(wait).rejects.toMatchObject({ code: "ABORTED" });
  await holder.execute("rollback");

  expect(await target.one("select count(*)::int4 as n from t")).toEqual({ n: 0 });
  expect(await source.one("select 1 as n")).toEqual({ n: 1 });
});

test.each([
  ["a trigger there waits for a lock", "copy t to stdout"],
  ["and rows are still coming", endless],
])("a signal stops a copy when its target reads nothing: %s", async (_, from_) => {
  await target.execute(`create table stuck (id int8, word text);
    create function wait() returns trigger language plpgsql as 'begin perform pg_advisory_xact_lock(5); return new; end';
    create trigger wait before insert on stuck for each row execute function wait()`);
  await using holder = await connect(to.url, { env: {} });
  await holder.query("select pg_advisory_lock(5)");
  const stop = new AbortController();
  const copy = copyBetween(source, target, { from: from_, into: "copy stuck from stdin", signal: stop.signal });
  const refused = expect(copy).rejects.toMatchObject({ code: "ABORTED" });
  const sql = "select exists (select from pg_stat_activity where wait_event = 'advisory') as found";
  await until(async () => (await holder.one<{ found: boolean }>(sql)).found, { timeoutMs: 20_000, what: "the lock" });
  stop.abort();

  await refused;

  await target.execute("drop table stuck; drop function wait");
  expect(await source.one("select 1 as one")).toEqual({ one: 1 });
});

test("a session that is lost on the way is an error, and the other one goes on", async () => {
  const victim = await connect(to.url, { env: {} });
  let isKilled = false;
  const run = copyBetween(source, victim, {
    from: endless,
    into: "copy t from stdin",
    onBytes: () => {
      if (isKilled) return;
      isKilled = true;
      void target.query("select pg_terminate_backend($1)", [victim.backendPid]);
    },
  });

  await expect(run).rejects.toMatchObject({ code: "CONNECTION_LOST" });
  expect(await source.one("select 1 as n")).toEqual({ n: 1 });
  await victim.close();
});
