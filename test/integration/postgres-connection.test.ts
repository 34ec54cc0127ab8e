import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connect, type Connection } from "../../src/postgres/index.ts";
import { createDatabase, majors, type TestDatabase } from "../harness/database.ts";
import { until } from "../harness/until.ts";

describe.each(majors())("a connection to PostgreSQL %i", (major) => {
  let database: TestDatabase;
  let db: Connection;

  beforeAll(async () => {
    database = await createDatabase(major, "template1");
    db = await connect(database.url, { env: {} });
  });

  afterAll(async () => {
    await db.close();
    await database.drop();
  });

  test("values keep what the server has: bigints, microseconds, numerics, bytes", async () => {
    const row = await db.one(`
      select 9223372036854775807::int8 as big, 2147483647 as int, 1.5::float8 as float, true as bool,
        '2026-01-02 03:04:05.123456'::timestamp as ts, '2026-01-02 03:04:05.123456+00'::timestamptz at time zone 'UTC' as tz,
        0.10000000000000000000001::numeric as num, '\\x00ff'::bytea as bytes, '{"b": 1, "a": 2}'::json as json,
        array[1, null, 9007199254740993]::int8[] as bigs, array['a,b', null, 'c"d'] as texts, null::int8 as nothing`);

    expect(row).toEqual({
      big: 9223372036854775807n,
      int: 2147483647,
      float: 1.5,
      bool: true,
      ts: "2026-01-02 03:04:05.123456",
      tz: "2026-01-02 03:04:05.123456",
      num: "0.10000000000000000000001",
      bytes: Buffer.from([0, 255]),
      json: '{"b": 1, "a": 2}',
      bigs: [1n, null, 9007199254740993n],
      texts: ["a,b", null, 'c"d'],
      nothing: null,
    });
  });

  test("parameters go as they are, null and bigint and arrays too", async () => {
    const row = await db.one("select $1::text as a, $2::int8 as b, $3::text[] as c, $4::bytea as d", [
      "it's \\ ok",
      9007199254740993n,
      ["x", null, "y,z"],
      Buffer.from([1, 2]),
    ]);

    expect(row).toEqual({ a: "it's \\ ok", b: 9007199254740993n, c: ["x", null, "y,z"], d: Buffer.from([1, 2]) });
  });

  test("statements that are not waited for run in order of the calls", async () => {
    const results = await Promise.all([1, 2, 3].map((n) => db.one("select $1::int as n", [n])));

    expect(results).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }]);
  });

  test("a script returns what each of its statements did", async () => {
    const results = await db.execute(
      "create temp table s (a int); insert into s values (1), (2); select a from s order by a",
    );

    expect(results.map(({ command, rowCount }) => [command, rowCount])).toEqual([
      ["CREATE", 0],
      ["INSERT", 2],
      ["SELECT", 2],
    ]);
    expect(results[2]!.rows).toEqual([{ a: 1 }, { a: 2 }]);
  });

  test("query refuses a second statement in its text", async () => {
    await expect(db.query("select 1; select 2")).rejects.toMatchObject({ code: "DATABASE", sqlstate: "42601" });
  });

  test("one and maybeOne insist on the number of rows", async () => {
    await expect(db.one("select 1 where false")).rejects.toMatchObject({ code: "ROW_COUNT" });
    await expect(db.maybeOne("select 1 from generate_series(1, 2)")).rejects.toMatchObject({ code: "ROW_COUNT" });
    await expect(db.maybeOne("select 1 where false")).resolves.toBeNull();
  });

  test("an error of the server keeps state, detail, context, constraint and statement name", async () => {
    await db.execute("create temp table e (id int constraint e_pk primary key); insert into e values (1)");

    const error: unknown = await db.query("insert into e values (1)", [], { name: "again" }).catch((e: unknown) => e);

    expect(error).toMatchObject({
      code: "DATABASE",
      sqlstate: "23505",
      details: { constraint: "e_pk", detail: "Key (id)=(1) already exists.", statement: "again" },
    });
  });

  test("notices reach their listener until it is removed", async () => {
    const seen: string[] = [];
    const remove = db.onNotice(({ severity, message }) => seen.push(`${severity} ${message}`));

    await db.execute("do $$ begin raise notice 'one'; raise warning 'two'; end $$");
    remove();
    await db.execute("do $$ begin raise notice 'three'; end $$");

    expect(seen).toEqual(["NOTICE one", "WARNING two"]);
  });

  test("a notification arrives with its payload, none after unlisten", async () => {
    const seen: string[] = [];
    const unlisten = await db.listen("Some Channel", ({ payload }) => seen.push(payload));

    await db.query(`select pg_notify('Some Channel', 'hello')`);
    await until(() => seen.length === 1);
    await unlisten();
    await db.query(`select pg_notify('Some Channel', 'again')`);

    expect(seen).toEqual(["hello"]);
  });

  test("a transaction that throws leaves nothing behind", async () => {
    await db.execute("create table t1 (a int)");

    const failing = db.transaction(async (tx) => {
      await tx.query("insert into t1 values (1)");
      throw new Error("no");
    });

    await expect(failing).rejects.toThrow("no");
    expect(await db.query("select * from t1")).toEqual([]);
  });

  test("a commit that the server turned into a rollback is an error", async () => {
    await db.execute("create table t2 (a int)");

    const swallowing = db.transaction(async (tx) => {
      await tx.query("insert into t2 values (1)");
      await tx.query("select 1 / 0").catch(() => undefined);
    });

    await expect(swallowing).rejects.toMatchObject({ code: "DATABASE", sqlstate: "25P02" });
    expect(await db.query("select * from t2")).toEqual([]);
  });

  test("a transaction takes isolation level and access mode", async () => {
    const mode = await db.transaction(
      (tx) =>
        tx.one("select current_setting('transaction_isolation') as i, current_setting('transaction_read_only') as r"),
      { isolation: "serializable", readOnly: true },
    );

    expect(mode).toEqual({ i: "serializable", r: "on" });
  });

  test("a transaction is read committed whatever the database says", async () => {
    await db.execute(`alter database ${database.name} set default_transaction_isolation = serializable`);
    await using other = await connect(database.url, { env: {} });
    await db.execute(`alter database ${database.name} reset default_transaction_isolation`);

    const shown = await other.transaction(() => other.one("show transaction_isolation"));

    expect(shown).toEqual({ transaction_isolation: "read committed" });
  });

  test("aborting cancels the statement on the server, and the connection stays usable", async () => {
    const controller = new AbortController();
    const sleeping = db.query("select pg_sleep(60)", [], { signal: controller.signal });
    await using watcher = await connect(database.url, { env: {} });
    await until(() =>
      watcher.maybeOne(`select 1 from pg_stat_activity
        where datname = current_database() and query = 'select pg_sleep(60)' and state = 'active'`),
    );

    controller.abort();

    await expect(sleeping).rejects.toMatchObject({ code: "ABORTED" });
    expect(await db.one("select 1 as one")).toEqual({ one: 1 });
  });

  test("COPY goes from one connection into another and counts rows", async () => {
    await using other = await connect(database.url, { env: {} });
    await db.execute("create table c1 (a int, b text); create table c2 (like c1)");
    await db.query("insert into c1 select n, repeat('x', 50) from generate_series(1, 20000) n");

    const rows = await other.copyFrom(
      "copy c2 from stdin (format binary)",
      await db.copyTo("copy c1 to stdout (format binary)"),
    );

    expect(rows).toBe(20000);
    expect(await db.one("select count(*) as n, sum(a) as s from c2")).toEqual({ n: 20000n, s: 200010000n });
  });

  test("a COPY whose source fails stores nothing, and the connection stays usable", async () => {
    await db.execute("create table c3 (a int)");
    function* source(): Generator<string> {
      yield "1\n";
      throw new Error("source broke");
    }

    await expect(db.copyFrom("copy c3 from stdin", source())).rejects.toThrow("source broke");
    expect(await db.query("select * from c3")).toEqual([]);
  });

  test("destroying a COPY stream early frees the connection", async () => {
    const stream = await db.copyTo("copy (select repeat('x', 1000) from generate_series(1, 1000000)) to stdout");
    await new Promise((resolve) => stream.once("data", resolve));

    stream.destroy();

    expect(await db.one("select 1 as one")).toEqual({ one: 1 });
  });

  test("a wrong statement fails a COPY in either direction", async () => {
    await expect(db.copyFrom("copy nowhere from stdin", [])).rejects.toMatchObject({ sqlstate: "42P01" });
    const stream = await db.copyTo("copy nowhere to stdout");
    await expect(stream.toArray()).rejects.toThrow();
    expect(await db.one("select 1 as one")).toEqual({ one: 1 });
  });

  test("a session that the server ends gives CONNECTION_LOST now and later, and tells its listeners", async () => {
    const victim = await connect(database.url, { env: {} });
    let told: unknown = null;
    victim.onEnd((error) => (told = error));
    const { pid } = await victim.one<{ pid: number }>("select pg_backend_pid() as pid");

    await db.query("select pg_terminate_backend($1)", [pid]);

    await until(() => told !== null);
    await expect(victim.query("select 1")).rejects.toMatchObject({ code: "CONNECTION_LOST" });
    expect(victim.isOpen).toBe(false);
    await victim.close();
  });

  test("closing twice is harmless, and a closed connection says so", async () => {
    const connection = await connect(database.url, { env: {} });

    await Promise.all([connection.close(), connection.close()]);
    await connection.close();

    await expect(connection.query("select 1")).rejects.toMatchObject({ code: "CONNECTION_LOST" });
  });
});
