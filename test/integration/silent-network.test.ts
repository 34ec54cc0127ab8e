// A network that swallows everything while a statement runs: no error ever comes of itself.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connect, type Connection } from "../../src/postgres/index.ts";
import { createDatabase, type TestDatabase } from "../harness/database.ts";
import { type Proxy, startProxy } from "../harness/proxy.ts";
import { until } from "../harness/until.ts";
import { endMajors } from "../harness/major-pairs.ts";

const SILENCE_MS = 600;

describe.each(endMajors())("a connection to PostgreSQL %i whose silence is watched", (major) => {
  let database: TestDatabase;
  let direct: Connection;

  beforeAll(async () => {
    database = await createDatabase(major, "template1");
    direct = await connect(database.url, { env: {} });
    await direct.execute(
      "create table t (a int, b text); insert into t select n, repeat('x', 1000) from generate_series(1, 20000) n",
    );
  });

  afterAll(async () => {
    await direct.close();
    await database.drop();
  });

  const through = async (proxy: Proxy, name: string): Promise<Connection> => {
    const url = new URL(database.url);
    url.port = String(proxy.port);
    return await connect(url.href, { env: {}, applicationName: name, silenceLimitMs: SILENCE_MS });
  };

  /** Sessions of that name that hold a lock on the table. */
  const holders = async (name: string): Promise<number> => {
    const { count } = await direct.one<{ count: number }>(
      `select count(*)::int as count from pg_stat_activity a join pg_locks l using (pid)
        where a.datname = current_database() and a.application_name = $1 and l.relation = 't'::regclass`,
      [name],
    );
    return count;
  };

  test("a statement that never reaches the server fails, and what its transaction had locked is free again", async () => {
    await using proxy = await startProxy(Number(new URL(database.url).port));
    const db = await through(proxy, "swallowed statement");
    const failing = db.transaction(async () => {
      await db.query("lock table t");
      proxy.swallow();
      await db.query("select 1");
    });

    await expect(failing).rejects.toMatchObject({ code: "CONNECTION_LOST" });
    expect(db.isOpen).toBe(false);
    proxy.letThrough();
    await until(async () => (await holders("swallowed statement")) === 0, {
      what: "the lock to be free",
      timeoutMs: 60_000,
    });
  });

  test("a COPY whose rows stop coming fails", async () => {
    await using proxy = await startProxy(Number(new URL(database.url).port));
    const db = await through(proxy, "swallowed copy");
    const reading = async (): Promise<void> => {
      for await (const piece of await db.copyTo("copy (select * from t, pg_sleep(0)) to stdout")) {
        if ((piece as Buffer).length > 0) proxy.swallow();
      }
    };

    await expect(reading()).rejects.toMatchObject({ code: "CONNECTION_LOST" });
  });

  test("a statement that takes longer than that is left alone, and so is one that waits for a lock", async () => {
    await using proxy = await startProxy(Number(new URL(database.url).port));
    const db = await through(proxy, "slow");
    await direct.execute("begin; lock table t");
    const waiting = db.query("select count(*)::int as count from t");
    await direct.query("select pg_sleep($1)", [(4 * SILENCE_MS) / 1000]);
    await direct.execute("commit");

    expect(await waiting).toEqual([{ count: 20_000 }]);
    expect(await db.query("select 1 as one from pg_sleep($1)", [(3 * SILENCE_MS) / 1000])).toEqual([{ one: 1 }]);
    await db.close();
  });

  test("a COPY whose reader or writer takes its time is left alone", async () => {
    await using proxy = await startProxy(Number(new URL(database.url).port));
    const db = await through(proxy, "slow copy");
    const pause = (): Promise<unknown> => direct.query("select pg_sleep($1)", [(4 * SILENCE_MS) / 1000]);
    const slowly = async function* (): AsyncGenerator<string> {
      yield "1\n";
      await pause();
      yield "2\n";
    };
    let bytes = 0;
    for await (const piece of await db.copyTo("copy t to stdout")) {
      if (bytes === 0) await pause();
      bytes += (piece as Buffer).length;
    }
    await db.execute("create temp table u (a int)");

    expect(bytes).toBeGreaterThan(20_000_000);
    expect(await db.copyFrom("copy u from stdin", slowly())).toBe(2);
    await db.close();
  });

  test("what takes long to send is left alone", async () => {
    const megabyte = 2 ** 20;
    await using proxy = await startProxy(Number(new URL(database.url).port), { bytesPerSecond: megabyte });
    const db = await through(proxy, "slow network");
    const text = "x".repeat(4 * megabyte);
    await db.execute("create temp table u (b text)");

    expect(await db.one("select length($1::text) as length", [text])).toEqual({ length: text.length });
    expect(await db.pipeline([{ sql: "copy u from stdin", copy: [Buffer.from(text)] }])).toMatchObject([
      { rowCount: 1 },
    ]);
    await db.close();
  });
});
