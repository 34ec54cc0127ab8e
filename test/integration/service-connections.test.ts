// The connections of a program by name, against a real server: what is kept, what is opened anew, what is told.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type pg from "pg";
import { systemClock } from "../../src/clock/index.ts";
import type { Connection } from "../../src/postgres/index.ts";
import { Connections, createLogger } from "../../src/service/index.ts";
import { Sleeper } from "../../src/service/program/sleeper.ts";
import { createDatabase, majors, type TestDatabase } from "../harness/database.ts";
import { until } from "../harness/until.ts";

describe.each(majors())("the connections of a program on PostgreSQL %i", (major) => {
  const role = `one_session_${process.pid}`;
  const keys = new Map<string, string>();
  let database: TestDatabase;
  let observer: pg.Client;
  let nowMs: number;
  let lifetimeMs: number;
  let lines: string[];
  let jobs = 0;
  let job: string;

  beforeAll(async () => {
    database = await createDatabase(major, "template1");
    observer = await database.connect();
    await observer.query(`create role ${role} login connection limit 1`);
  });

  afterAll(async () => {
    await observer.query(`drop role ${role}`);
    await database.drop();
  });

  beforeEach(() => {
    job = `job_${(jobs += 1)}`; // the server shows the sessions of a test under it
    keys.clear();
    keys.set("db", database.url);
    lines = [];
    nowMs = 0;
    lifetimeMs = 0;
  });

  function open(onNotify: () => void = () => undefined): Connections {
    return new Connections({
      lookup: (key) => keys.get(key),
      env: {},
      log: createLogger({ level: "trace", format: "json", write: (line) => void lines.push(line) }),
      clock: { ...systemClock, now: () => nowMs },
      applicationName: job,
      lifetimeMs: () => lifetimeMs,
      onNotify,
    });
  }

  async function pid(db: Connection): Promise<number> {
    return (await db.one<{ pid: number }>("select pg_backend_pid() as pid")).pid;
  }

  async function sessions(): Promise<number[]> {
    const { rows } = await observer.query<{ pid: number }>(
      "select pid from pg_stat_activity where application_name = $1 order by pid",
      [job],
    );
    return rows.map((row) => row.pid);
  }

  /** A server process needs a moment to go after its client has. */
  async function untilSessions(expected: readonly number[]): Promise<void> {
    const text = JSON.stringify(expected);
    await until(async () => JSON.stringify(await sessions()) === text, { what: `sessions ${text} of ${job}` });
  }

  async function kill(db: Connection): Promise<void> {
    await observer.query("select pg_terminate_backend($1)", [await pid(db)]);
  }

  test("one name is one session, in the name of the job, however often and by however many it is asked for", async () => {
    await using connections = open();
    const url = new URL(database.url);
    url.username = role; // the server refuses this role a second session
    keys.set("db", url.href);

    const [first, second] = await Promise.all([connections.get("db"), connections.get("db")]);
    const third = await connections.get("db");

    expect(second).toBe(first);
    expect(third).toBe(first);
    expect(await first.one("select current_user::text as u, current_setting('application_name') as app")).toEqual({
      u: role,
      app: job,
    });
  });

  test("when the first of several cannot connect, the others try one after the other and share one session", async () => {
    await using connections = open();
    keys.set("db", database.url.replace(database.name, "no_such_database"));

    const asked = [1, 2, 3].map(() => connections.get("db"));
    keys.set("db", database.url); // the first has read the wrong one already
    const [first, second, third] = await Promise.allSettled(asked);

    expect(first).toMatchObject({ status: "rejected", reason: { code: "CONNECTION_FAILED" } });
    expect(second).toMatchObject({ status: "fulfilled" });
    expect(third).toEqual(second);
    expect(await sessions()).toHaveLength(1);
  });

  test("a key that is missing is named", async () => {
    await using connections = open();

    await expect(connections.get("other_db")).rejects.toMatchObject({
      code: "WRONG_USE",
      message: 'the connection string "other_db" is not set',
    });
  });

  test("a connection string can be given, and one database be kept twice under other names", async () => {
    await using connections = open();
    keys.clear();

    const a = await connections.get("db", { connstr: database.url, cache: "a" });
    const b = await connections.get("db", { connstr: database.url, cache: "b" });

    expect(await sessions()).toEqual([await pid(a), await pid(b)].sort((x, y) => x - y));
    expect(await connections.get("db", { connstr: database.url, cache: "a" })).toBe(a);
  });

  test.each([
    ["its own name", "db_extra_connstr", {}],
    ["a profile", "fast_extra_connstr", { profile: "fast" }],
  ])("what %s adds to the connection string wins over it", async (_, key, request) => {
    await using connections = open();
    keys.set("db", `${database.url}?application_name=from_string`);
    keys.set(key, "application_name=from_extra options='-c work_mem=1234kB'");

    const db = await connections.get("db", request);

    expect(
      await db.one("select current_setting('application_name') as app, current_setting('work_mem') as mem"),
    ).toEqual({ app: "from_extra", mem: "1234kB" });
  });

  test("a changed connection string takes the new place at once, and then stays there", async () => {
    await using connections = open();
    await using second = await createDatabase(major, "template1");
    const before = await connections.get("db");

    keys.set("db", second.url);
    const after = await connections.get("db");

    expect(before.isOpen).toBe(false);
    expect(await after.one("select current_database()::text as name")).toEqual({ name: second.name });
    expect(await connections.get("db")).toBe(after);
    await untilSessions([await pid(after)]);
    await connections.closeAll();
  });

  test("a change of what is added opens anew too", async () => {
    await using connections = open();
    await connections.get("db");

    keys.set("db_extra_connstr", "application_name=changed");

    const db = await connections.get("db");
    expect(await db.one("select current_setting('application_name') as app")).toEqual({ app: "changed" });
  });

  test("transactions have the isolation that was asked for; another one on the same connection is an error", async () => {
    await using connections = open();
    const isolation = "show transaction isolation level";

    const db = await connections.get("db", { isolation: "repeatable read" });
    const other = await connections.get("db", { cache: "second" });

    expect(await db.one(isolation)).toEqual({ transaction_isolation: "repeatable read" });
    expect(await other.one(isolation)).toEqual({ transaction_isolation: "read committed" });
    expect(await connections.get("db")).toBe(db);
    await expect(connections.get("db", { isolation: "serializable" })).rejects.toMatchObject({
      code: "WRONG_USE",
      message: expect.stringContaining('conflict in isolation level of connection "db"') as string,
    });
    expect(db.isOpen).toBe(true);
  });

  test("a connection that was lost keeps its isolation when it is opened anew", async () => {
    await using connections = open();
    const db = await connections.get("db", { isolation: "serializable" });

    await kill(db);
    await until(() => !db.isOpen);

    const next = await connections.get("db");
    expect(await next.one("show transaction isolation level")).toEqual({ transaction_isolation: "serializable" });
  });

  test("a connection that was lost is replaced by the next get, also when its loss is found by a statement", async () => {
    await using connections = open();
    const first = await connections.get("db");
    await kill(first);
    await until(() => !first.isOpen);

    const second = await connections.get("db");
    expect(second).not.toBe(first);
    await expect(second.query("select pg_terminate_backend(pg_backend_pid())")).rejects.toThrow();
    await until(() => !second.isOpen);

    const third = await connections.get("db");
    await untilSessions([await pid(third)]);
  });

  test("a lifetime closes what has reached it, 0 nothing", async () => {
    await using connections = open();
    const old = await connections.get("db", { cache: "old" });
    nowMs = 60_000;
    const young = await connections.get("db", { cache: "young" });

    nowMs = 100_000;
    await connections.closeOld();
    expect([old.isOpen, young.isOpen]).toEqual([true, true]);

    lifetimeMs = 100_000;
    await connections.closeOld();
    expect([old.isOpen, young.isOpen]).toEqual([false, true]);
    await untilSessions([await pid(young)]);
    expect((await connections.get("db", { cache: "old" })).isOpen).toBe(true);
  });

  test("a connection that listens hears on when its lifetime is over, until it is replaced", async () => {
    let told = 0;
    await using connections = open(() => (told += 1));
    lifetimeMs = 1000;
    connections.listen("db", "news");
    const old = await connections.get("db");

    nowMs = 1000;
    await connections.closeOld();
    await observer.query("notify news");
    await until(() => told === 1);
    const next = await connections.get("db");
    await observer.query("notify news");
    await until(() => told === 2);

    expect([old.isOpen, next.isOpen]).toEqual([false, true]);
    expect(await connections.get("db")).toBe(next);
  });

  test("closing all ends every session, also one that is being opened, and the next get opens again", async () => {
    await using connections = open();
    await connections.get("db", { cache: "a" });
    const opening = connections.get("db", { cache: "b" });

    await connections.closeAll();

    expect((await opening).isOpen).toBe(false);
    await untilSessions([]);
    const again = await connections.get("db", { cache: "a" });
    await connections.close("a");
    await connections.close("a");
    expect(again.isOpen).toBe(false);
    await untilSessions([]);
  });

  test("a notification ends the sleep between two passes", async () => {
    const sleeper = new Sleeper(systemClock);
    await using connections = open(() => sleeper.notify());
    connections.listen("db", "news");
    await connections.get("db");

    const sleeping = sleeper.sleep(3_600_000);
    await observer.query("notify news, 'anything'");

    await sleeping;
  });

  test("listening begins and ends with the next get, on the connection that is there", async () => {
    let told = 0;
    await using connections = open(() => (told += 1));
    const db = await connections.get("db");
    const channels = "select coalesce(array_agg(c order by c), '{}') as names from pg_listening_channels() c";

    connections.listen("db", "a");
    connections.listen("db", "b");
    expect(await connections.get("db")).toBe(db);
    expect(await db.one(channels)).toEqual({ names: ["a", "b"] });

    connections.unlisten("db", "a");
    expect(await connections.get("db")).toBe(db);
    expect(await db.one(channels)).toEqual({ names: ["b"] });

    await observer.query("notify a");
    await observer.query("notify b");
    await until(() => told > 0);
    expect(told).toBe(1);
  });

  test("the loss of a connection that listens wakes too, and the new one listens", async () => {
    let told = 0;
    await using connections = open(() => (told += 1));
    connections.listen("db", "news");
    const db = await connections.get("db");

    await kill(db);
    await until(() => told === 1);
    await connections.get("db");
    await observer.query("notify news");

    await until(() => told === 2);
  });

  test.each([
    ["a URI", (url: URL) => url.href],
    ["a URI with the password as a parameter", (url: URL) => `${url.href.replace(":geheim@", "@")}?password=geheim`],
    ["keywords", (url: URL) => `host='${url.hostname}' port=${url.port} user=${url.username} password = 'geheim'`],
  ])("the password of %s stands in no log line and no error", async (_, form) => {
    await using connections = open();
    const url = new URL(database.url);
    url.password = "geheim";
    const connstr = form(url);
    const dbname = connstr.startsWith("host") ? " dbname=" : null;

    await connections.get("db", { connstr: dbname === null ? connstr : `${connstr}${dbname}${database.name}` });
    const missing =
      dbname === null ? connstr.replace(database.name, "no_such_database") : `${connstr}${dbname}no_such_database`;
    const error: unknown = await connections.get("db", { connstr: missing }).catch((caught: unknown) => caught);

    expect(error).toMatchObject({ code: "CONNECTION_FAILED" });
    expect(lines.join("")).toContain("connected");
    expect(`${lines.join("")}${String(error)}${JSON.stringify(error)}`).not.toContain("geheim");
  });
});
