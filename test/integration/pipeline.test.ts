// Statements that travel together, and transactions whose begin and commit travel with others.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { connect, type Connection } from "../../src/postgres/index.ts";
import { createDatabase, majors, type TestDatabase } from "../harness/database.ts";

describe.each(majors())("pipelines on PostgreSQL %i", (major) => {
  let database: TestDatabase;
  let db: Connection;

  beforeAll(async () => {
    database = await createDatabase(major, "template1");
    db = await connect(database.url, { env: {} });
    await db.execute("create table kept (n int primary key)");
  });
  beforeEach(() => db.execute("truncate kept"));
  afterAll(async () => {
    await db.close();
    await database.drop();
  });

  const insert = (n: number) => ({ sql: "insert into kept values ($1)", params: [n], name: "insert_kept" });
  const kept = async (): Promise<unknown> =>
    (await db.query<{ n: number }>("select n from kept order by n")).map(({ n }) => n);

  test("each statement of a pipeline has its result", async () => {
    const results = await db.pipeline([
      insert(1),
      insert(2),
      { sql: "select n, 2::int8 as big, null as nothing from kept where n = $1", params: [2] },
      { sql: "delete from kept" },
    ]);

    expect(results).toEqual([
      { command: "INSERT", rowCount: 1, rows: [] },
      { command: "INSERT", rowCount: 1, rows: [] },
      { command: "SELECT", rowCount: 1, rows: [{ n: 2, big: 2n, nothing: null }] },
      { command: "DELETE", rowCount: 2, rows: [] },
    ]);
  });

  test("after an error in a pipeline the rest is not run, nothing is kept, and the session goes on", async () => {
    const named = { sql: "select 1 / $1::int4 as n", params: [0], name: "divide" };

    await expect(db.pipeline([insert(1), named, insert(2)])).rejects.toMatchObject({ details: { sqlstate: "22012" } });

    expect(await kept()).toEqual([]);
    expect(await db.pipeline([{ ...named, params: [1] }])).toMatchObject([{ rows: [{ n: 1 }] }]);
  });

  test("a COPY of a pipeline gets its data; where it or what is before it fails, nothing is kept and the session goes on", async () => {
    const copy = (...rows: readonly string[]) => ({
      sql: "copy kept from stdin",
      name: "copy_kept",
      copy: rows.map((row) => Buffer.from(row)),
    });
    const bad = { sql: "select 1 / 0" };

    expect(await db.pipeline([insert(1), copy("2\n3", "\n4\n"), copy(), insert(5)])).toEqual([
      { command: "INSERT", rowCount: 1, rows: [] },
      { command: "COPY", rowCount: 3, rows: [] },
      { command: "COPY", rowCount: 0, rows: [] },
      { command: "INSERT", rowCount: 1, rows: [] },
    ]);
    await expect(db.pipeline([bad, copy("6\n")])).rejects.toThrow("division by zero");
    await expect(db.pipeline([copy("7\n", "x\n"), insert(8)])).rejects.toMatchObject({ sqlstate: "22P02" });
    await expect(db.pipeline([copy("9\n"), copy("9\n"), copy("10\n")])).rejects.toMatchObject({ sqlstate: "23505" });
    expect(await db.pipeline([copy("11\n")])).toMatchObject([{ rowCount: 1 }]);
    expect(await kept()).toEqual([1, 2, 3, 4, 5, 11]);
  });

  test("what is given while a pipeline runs that more follows goes behind it, before other statements", async () => {
    const order: string[] = [];
    const done = (name: string) => (): void => void order.push(name);

    await db.transaction(async () => {
      const first = db.pipeline([insert(1), insert(2)], { moreFollows: true }).then(done("first"));
      const second = db.pipeline([{ sql: "select 2" }, insert(3)], { moreFollows: true }).then(done("second"));
      const last = db.pipeline([insert(4)]).then(done("last"));
      const query = db.query("insert into kept select max(n) + 10 from kept").then(done("query"));
      const late = db.pipeline([insert(5)]).then(done("late"));
      await Promise.all([first, second, last, query, late]);
    });

    expect(order).toEqual(["first", "second", "last", "query", "late"]);
    expect(await kept()).toEqual([1, 2, 3, 4, 5, 14]);
  });

  test("what is sent behind a pipeline that fails is not run, and fails with it; the session goes on", async () => {
    const bad = { sql: "select 1 / 0" };
    const copy = { sql: "copy kept from stdin", copy: [Buffer.from("7\n")] };

    await db.transaction(async () => {
      await db.pipeline([insert(1), { sql: "savepoint s" }], { moreFollows: true });
      const fails = db.pipeline([insert(2), bad], { moreFollows: true });
      const behind = db.pipeline([copy, insert(3)], { moreFollows: true });
      const last = db.pipeline([insert(4)]);
      for (const one of [fails, behind, last])
        await expect(one).rejects.toMatchObject({ details: { sqlstate: "22012" } });
      await db.pipeline([{ sql: "rollback to s" }, insert(5)], { moreFollows: true });
      await db.pipeline([insert(6)], { moreFollows: true });
    });

    expect(await kept()).toEqual([1, 5, 6]);
  });

  test("a pipeline that more follows fails like any other when the session is gone", async () => {
    const own = await connect(database.url, { env: {} });
    await own.execute("begin");
    const answered = own.pipeline([insert(1)], { moreFollows: true });
    const cut = own.pipeline([{ sql: "select pg_terminate_backend(pg_backend_pid())" }], { moreFollows: true });
    const behind = own.pipeline([insert(2)]);

    await answered;
    await expect(cut).rejects.toMatchObject({ code: "CONNECTION_LOST" });
    await expect(behind).rejects.toMatchObject({ code: "CONNECTION_LOST" });
    await expect(own.pipeline([insert(3)], { moreFollows: true })).rejects.toMatchObject({ code: "CONNECTION_LOST" });
    await own.close();
    expect(await kept()).toEqual([]);
  });

  test("a framed transaction gives its work what was read, and is kept with its last statements", async () => {
    const done = await db.framedTransaction({
      opening: [{ sql: "select 7 as n" }],
      async work([read]) {
        await db.query("insert into kept values ($1)", [read?.rows[0]?.["n"]]);
        return { last: [insert(8)], after: [{ sql: "select count(*)::int4 as n from kept" }] };
      },
    });

    expect(done?.after).toMatchObject([{ rows: [{ n: 2 }] }]);
    expect(await kept()).toEqual([7, 8]);
  });

  test("a framed transaction that its work gives up, or one that fails at any point, leaves nothing", async () => {
    const bad = { sql: "select 1 / 0" };
    const opening = [insert(1)];
    const work = () => Promise.resolve({ last: [] });

    expect(await db.framedTransaction({ opening, work: () => Promise.resolve(null) })).toBeNull();
    await expect(db.framedTransaction({ opening: [...opening, bad], work })).rejects.toThrow("division by zero");
    await expect(db.framedTransaction({ opening, work: () => Promise.reject(new Error("no")) })).rejects.toThrow("no");
    await expect(
      db.framedTransaction({ opening, work: () => Promise.resolve({ last: [bad], after: [insert(2)] }) }),
    ).rejects.toThrow("division by zero");

    expect(await kept()).toEqual([]);
    expect(db.isInTransaction).toBe(false);
  });

  test("a framed transaction stays committed when what follows it fails", async () => {
    const end = { last: [insert(1)], after: [insert(2), { sql: "select 1 / 0" }] };

    await expect(db.framedTransaction({ opening: [], work: () => Promise.resolve(end) })).rejects.toThrow(
      "division by zero",
    );

    expect(await kept()).toEqual([1]);
  });
});
