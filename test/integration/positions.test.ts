// Where a consumer remembers what it has done, and what it does after a crash at the worst moment.
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { BatchSource, Position, PositionContext } from "../../src/pgq/consumer/seam.ts";
import type { Executor } from "../../src/pgq/database.ts";
import { file, inDatabase, remote, resetPosition, rewindToPosition, serial } from "../../src/pgq/position/index.ts";
import { getConsumerPosition } from "../../src/pgq/sql-calls/consumer-position.ts";
import { pass, poolDatabase, type PoolDatabase } from "../harness/batch-pass.ts";
import { createDatabase, type TestDatabase } from "../harness/database.ts";
import { createSchemaTemplate } from "../harness/schema-template.ts";
import { value } from "../harness/sessions.ts";
import { until } from "../harness/until.ts";
import { endMajors } from "../harness/major-pairs.ts";

/** As the plain consumer has it. */
function plainSource(queue: string, consumer: string): BatchSource {
  return {
    async next(db) {
      const [row] = await db.query<{ id: string | null; cur: string; prev: string }>(
        `select batch_id::text as id, cur_tick_id::text as cur, prev_tick_id::text as prev
           from pgq.next_batch_custom($1, $2, null, null, null)`,
        [queue, consumer],
      );
      if (row?.id == null) return null;
      const rest = { tickTime: "", previousTickTime: "", eventSequence: 0n, previousEventSequence: 0n, lagMs: 0 };
      return {
        id: BigInt(row.id),
        queue,
        consumer,
        tickId: BigInt(row.cur),
        previousTickId: BigInt(row.prev),
        ...rest,
      };
    },
    async finish(tx, batch) {
      const [row] = await tx.query<{ done: number }>("select pgq.finish_batch($1) as done", [String(batch.id)]);
      if (row?.done !== 1) throw new Error("batch lost");
    },
    async register(db, atTick) {
      const [row] = await db.query<{ n: number }>("select pgq.register_consumer_at($1, $2, $3::text::bigint) as n", [
        queue,
        consumer,
        atTick === null ? null : String(atTick),
      ]);
      return row?.n === 1;
    },
    async unregister(db) {
      const [row] = await db.query<{ n: number }>("select pgq.unregister_consumer($1, $2) as n", [queue, consumer]);
      return row?.n === 1;
    },
  };
}

describe.each(endMajors())("positions on PostgreSQL %i", (major) => {
  let queueSide: TestDatabase;
  let targetSide: TestDatabase;
  let queueDb: PoolDatabase;
  let targetDb: PoolDatabase;
  let client: pg.Client;
  let target: pg.Client;
  let folder: string;
  let counter = 0;

  beforeAll(async () => {
    queueSide = await createDatabase(major);
    targetSide = await createSchemaTemplate(major, "template1", ["pgq_ext"]);
    [queueDb, targetDb] = [poolDatabase(queueSide.url), poolDatabase(targetSide.url)];
    [client, target] = [await queueSide.connect(), await targetSide.connect()];
    await client.query("create table applied (queue text, data text)");
    await target.query("create table applied (queue text, data text)");
    folder = await mkdtemp(join(tmpdir(), "position-"));
  });
  afterAll(async () => {
    await queueDb[Symbol.asyncDispose]();
    await targetDb[Symbol.asyncDispose]();
    await Promise.all([queueSide.drop(), targetSide.drop(), rm(folder, { recursive: true })]);
  });

  /** A queue, its consumer c, and what the handler does: it notes the events in table applied. */
  async function scene(position: Position) {
    const queue = `q${(counter += 1)}`;
    await client.query("select pgq.create_queue($1)", [queue]);
    await client.query("select pgq.register_consumer($1, $1)", [queue]);
    const source = plainSource(queue, queue);
    const parts = { database: queueDb, source, position };
    const context: PositionContext = { database: queueDb, source, queue, consumer: queue };
    const apply = async (data: string[], tx: Executor | null): Promise<void> => {
      for (const item of data) await tx?.query("insert into applied values ($1, $2)", [queue, item]);
    };
    return {
      queue,
      parts,
      context,
      work: { work: apply },
      async add(data: string) {
        await client.query("select pgq.insert_event($1, 't', $2)", [queue, data]);
        await client.query("select pgq.force_tick($1)", [queue]);
        await client.query("select pgq.ticker($1)", [queue]);
      },
      applied: (side: pg.Client) =>
        value<string>(side, "select string_agg(data, ',' order by data) from applied where queue = $1", [queue]),
      position: async () => (await getConsumerPosition(queueDb, queue, queue))?.lastTick,
    };
  }

  /** Ends the queue's session, as a crash of the process or the server would. */
  async function kill(session: Executor): Promise<never> {
    const [row] = await session.query<{ pid: number }>("select pg_backend_pid() as pid");
    await client.query("select pg_terminate_backend($1, 20000)", [row!.pid]);
    throw new Error("killed");
  }

  const inTarget: readonly (readonly [string, () => Position])[] = [
    ["serial", () => serial({ database: targetDb })],
    ["remote", () => remote({ database: targetDb })],
  ];

  test("in the queue's database the work is committed with the batch, and rolled back with it", async () => {
    const it = await scene(inDatabase());
    await it.add("one");

    await expect(pass(it.parts, { ...it.work, beforeQueueCommit: kill })).rejects.toThrow("killed");
    const afterCrash = await it.applied(client);
    const again = await pass(it.parts, it.work);

    expect([afterCrash, again, await it.applied(client)]).toEqual([null, "worked", "one"]);
  });

  test.each(inTarget)(
    "%s: killed between the target's commit and the queue's, the batch is not applied twice",
    async (_, make) => {
      const it = await scene(make());
      await it.add("one");
      await it.add("two");

      await expect(pass(it.parts, { ...it.work, beforeQueueCommit: kill })).rejects.toThrow("killed");
      const afterCrash = await it.applied(target);
      const outcomes = [await pass(it.parts, it.work), await pass(it.parts, it.work), await pass(it.parts, it.work)];

      expect(afterCrash).toBe("one");
      expect(outcomes).toEqual(["skipped", "worked", null]);
      expect(await it.applied(target)).toBe("one,two");
    },
  );

  test.each(inTarget)(
    "%s: a handler that fails leaves nothing in the target, and the batch comes again",
    async (_, make) => {
      const it = await scene(make());
      await it.add("one");
      const failing = async (data: string[], tx: Executor | null): Promise<void> => {
        await it.work.work(data, tx);
        throw new Error("handler failed");
      };

      await expect(pass(it.parts, { work: failing })).rejects.toThrow("handler failed");
      const afterFailure = await it.applied(target);
      await pass(it.parts, it.work);

      expect([afterFailure, await it.applied(target)]).toEqual([null, "one"]);
    },
  );

  test.each(inTarget)("%s: after work, skip and failure no transaction of the target stays open", async (_, make) => {
    const it = await scene(make());
    await it.add("one");
    await pass(it.parts, { ...it.work, beforeQueueCommit: kill }).catch(() => undefined);
    await pass(it.parts, it.work);
    await it.add("two");
    await pass(it.parts, { work: () => Promise.reject(new Error("no")) }).catch(() => undefined);
    await pass(it.parts, it.work);

    const open = () =>
      value<string>(
        target,
        "select count(*) from pg_stat_activity where datname = current_database() and state like 'idle in transaction%'",
      );
    expect(await until(async () => ((await open()) === "0" ? "none" : null))).toBe("none");
  });

  test.each(inTarget)("%s: of two processes with one batch only one applies it", async (_, make) => {
    const it = await scene(make());
    await it.add("one");
    let inner: Promise<unknown> = Promise.resolve();

    const outer = pass(it.parts, {
      async work(data, tx) {
        inner = pass(it.parts, it.work);
        await inner;
        await it.work.work(data, tx);
      },
    });

    await expect(outer).rejects.toThrow();
    expect(await inner).toBe("worked");
    expect(await it.applied(target)).toBe("one");
  });

  test.each(inTarget)(
    "%s: a process whose queue session is gone cannot apply what another has applied",
    async (_, make) => {
      const it = await scene(make());
      await it.add("one");
      // The queue forgets the end of the batch, so that only the target can tell.
      const forgetful: BatchSource = { ...it.parts.source, finish: () => Promise.resolve() };

      const outer = pass(
        { ...it.parts, source: forgetful },
        {
          async work(data, tx) {
            await pass({ ...it.parts, source: forgetful }, it.work);
            await it.work.work(data, tx);
          },
        },
      );

      await expect(outer).rejects.toMatchObject({ code: "BATCH_LOST" });
      expect(await it.applied(target)).toBe("one");
      expect(await pass(it.parts, it.work)).toBe("skipped");
    },
  );

  test("serial: a tick that fits neither end of the batch is a lost position, and nothing is done", async () => {
    const it = await scene(serial({ database: targetDb, name: "elsewhere" }));
    await it.add("one");
    await target.query("select pgq_ext.set_last_tick('elsewhere', 77)");

    await expect(pass(it.parts, it.work)).rejects.toMatchObject({
      code: "POSITION_LOST",
      message: `lost position: consumer ${it.queue} on queue ${it.queue} has a batch from tick 1 to 2, the other database (pgq_ext) has 77`,
    });

    expect(await it.applied(target)).toBeNull();
  });

  test("serial: after reset the queue's position counts, after rewind the target's", async () => {
    const it = await scene(serial({ database: targetDb }));
    await it.add("one");
    await it.add("two");
    await it.add("three");
    await pass(it.parts, it.work);
    await client.query("select pgq.register_consumer_at($1, $1, 3)", [it.queue]); // one batch left out
    await expect(pass(it.parts, it.work)).rejects.toMatchObject({ code: "POSITION_LOST" });

    const rewound = await rewindToPosition(it.parts.position, it.context);
    await pass(it.parts, it.work);
    const afterRewind = await it.applied(target);
    await target.query("select pgq_ext.set_last_tick($1, 99)", [it.queue]);
    await resetPosition(it.parts.position, it.context);
    const nothing = await rewindToPosition(it.parts.position, it.context);
    await pass(it.parts, it.work);

    expect([rewound, afterRewind, nothing, await it.applied(target)]).toEqual([2n, "one,two", null, "one,three,two"]);
  });

  test("serial: a tick 0 of an old program is no position", async () => {
    const it = await scene(serial({ database: targetDb }));
    await it.add("one");
    await target.query("select pgq_ext.set_last_tick($1, 0)", [it.queue]);

    expect(await pass(it.parts, it.work)).toBe("worked");
    expect(await it.parts.position.stored?.(it.context)).toBe(2n);
  });

  test("file: the tick is in the file before the queue knows, and a batch that is in it is not worked on again", async () => {
    const path = join(folder, "before");
    const it = await scene(file(path));
    await it.add("one");
    const seen: string[] = [];
    const work = (data: string[]): Promise<void> => Promise.resolve(void seen.push(...data));

    await expect(pass(it.parts, { work, beforeQueueCommit: kill })).rejects.toThrow("killed");
    const inFile = await readFile(path, "utf8");
    const again = await pass(it.parts, { work });

    expect([inFile, again, seen]).toEqual(["2", "skipped", ["one"]]);
    expect((await readdir(folder)).filter((name) => name.startsWith("before"))).toEqual(["before"]);
  });

  test("file: not registered and no file, the consumer is registered at the newest tick", async () => {
    const path = join(folder, "fresh");
    const it = await scene(file(path));
    await it.context.source.unregister(queueDb);
    await it.add("earlier");

    await it.parts.position.align?.(it.context);

    expect(await it.position()).toBe(2n);
    await expect(readFile(path)).rejects.toThrow("ENOENT");
  });

  test("file: not registered, the consumer is registered at the tick of the file", async () => {
    const path = join(folder, "kept");
    const it = await scene(file({ path }));
    await it.context.source.unregister(queueDb);
    await it.add("later");
    await writeFile(path, "1");

    await it.parts.position.align?.(it.context);

    expect(await it.position()).toBe(1n);
  });

  test.each([
    ["missing", null],
    ["empty", ""],
    ["-1", "-1"],
  ])("file: when it is %s, the queue's position is written into it", async (name, text) => {
    const path = join(folder, `none ${name}`);
    const it = await scene(file(path));
    if (text !== null) await writeFile(path, text);

    await it.parts.position.align?.(it.context);

    expect(await readFile(path, "utf8")).toBe("1");
  });

  test.each([
    ["forward", 3n],
    ["back", 1n],
  ])("file: the queue is moved %s to the tick of the file", async (name, tick) => {
    const path = join(folder, `moved ${name}`);
    const it = await scene(file(path));
    await it.add("one");
    await it.add("two");
    await pass(it.parts, {});
    await writeFile(path, String(tick));

    await it.parts.position.align?.(it.context);

    expect(await it.position()).toBe(tick);
  });

  test("file: a tick that the queue does not have is a lost position", async () => {
    const path = join(folder, "ahead");
    const it = await scene(file(path));
    await writeFile(path, "4711");

    await expect(it.parts.position.align?.(it.context)).rejects.toMatchObject({ code: "POSITION_LOST" });
    expect(await it.position()).toBe(1n);
  });

  test("file: what is no tick, or cannot be written, is refused with the file's name", async () => {
    const path = join(folder, "garbage");
    const it = await scene(file(path));
    await it.add("one");
    await writeFile(path, "tick 5");
    await expect(pass(it.parts, {})).rejects.toMatchObject({ code: "POSITION_FILE", message: `${path} holds no tick` });

    const nowhere = join(folder, "no such folder", "file");
    const failed = pass({ ...it.parts, position: file(nowhere) }, {});

    await expect(failed).rejects.toMatchObject({ code: "POSITION_FILE", message: `${nowhere} cannot be written` });
    await rm(path);
    expect(await pass(it.parts, {})).toBe("worked");
  });

  test("file: registering and unregistering clear it, rewinding follows it", async () => {
    const path = join(folder, "rewound");
    const it = await scene(file(path));
    await it.add("one");
    await pass(it.parts, {});
    await writeFile(path, "1");

    const rewound = await rewindToPosition(it.parts.position, it.context);
    await resetPosition(it.parts.position, it.context);
    await resetPosition(it.parts.position, it.context);

    expect([rewound, await it.position()]).toEqual([1n, 1n]);
    await expect(readFile(path)).rejects.toThrow("ENOENT");
  });
});
