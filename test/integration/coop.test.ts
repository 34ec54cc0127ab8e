// Workers that share a consumer: take-over of the dead, fencing of the slow, order of each key.
import type pg from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Clock } from "../../src/clock/index.ts";
import type { BatchInfo, BatchSource } from "../../src/pgq/consumer/seam.ts";
import { orderedSource, sharedSource } from "../../src/pgq/coop/index.ts";
import type { Executor } from "../../src/pgq/database.ts";
import { inDatabase } from "../../src/pgq/position/index.ts";
import { NO_WISH, pass, poolDatabase, type PoolDatabase } from "../harness/batch-pass.ts";
import { type TestDatabase } from "../harness/database.ts";
import { createSchemaTemplate } from "../harness/schema-template.ts";
import { value } from "../harness/sessions.ts";
import { until } from "../harness/until.ts";
import { endMajors } from "../harness/major-pairs.ts";

const DEAD_AFTER_MS = 60_000;

/** A clock whose sleepers are woken by the test. */
function standingClock(): Clock & { wake(): void } {
  let sleepers: (() => void)[] = [];
  return {
    now: () => 0,
    random: () => 0,
    sleep: (_ms, signal) =>
      new Promise((resolve) => {
        sleepers.push(resolve);
        signal?.addEventListener("abort", () => resolve());
      }),
    wake() {
      const woken = sleepers;
      sleepers = [];
      for (const resolve of woken) resolve();
    },
  };
}

describe.each(endMajors())("workers that share a consumer on PostgreSQL %i", (major) => {
  let side: TestDatabase;
  let database: PoolDatabase;
  let client: pg.Client;
  let counter = 0;

  beforeAll(async () => {
    side = await createSchemaTemplate(major, "pgq_template", ["pgq_coop"]);
    database = poolDatabase(side.url);
    client = await side.connect();
    await client.query("create table applied (queue text, n serial, data text)");
  });
  afterAll(async () => {
    await database[Symbol.asyncDispose]();
    await side.drop();
  });

  type Make = (queue: string, worker: string, clock?: Clock) => BatchSource;
  const shared: Make = (queue, worker, clock) =>
    sharedSource({ queue, consumer: "crew", subconsumer: worker, deadAfterMs: DEAD_AFTER_MS, ...(clock && { clock }) });
  const ordered: Make = (queue, _worker, clock) =>
    orderedSource({
      queue,
      consumer: "crew",
      orderBy: "ev_extra1",
      partitions: 1,
      deadAfterMs: DEAD_AFTER_MS,
      ...(clock && { clock }),
    });
  const kinds: readonly (readonly [string, Make])[] = [
    ["shared", shared],
    ["ordered", ordered],
  ];

  /** A queue with a crew, and what the handler does: it notes the events in table applied. */
  async function scene(make: Make) {
    const queue = `shared_${(counter += 1)}`;
    await client.query("select pgq.create_queue($1)", [queue]);
    await make(queue, "ann").register(database, null);
    return {
      queue,
      worker: (name: string, clock?: Clock) => ({ database, source: make(queue, name, clock), position: inDatabase() }),
      work: {
        async work(data: string[], tx: Executor | null) {
          for (const item of data) await tx?.query("insert into applied (queue, data) values ($1, $2)", [queue, item]);
        },
      },
      async add(...events: (readonly [key: string, data: string])[]) {
        for (const [key, data] of events) {
          await client.query("select pgq.insert_event($1, 't', $2, $3, null, null, null)", [queue, data, key]);
        }
        await client.query("select pgq.force_tick($1)", [queue]);
        await client.query("select pgq.ticker($1)", [queue]);
      },
      applied: async () => {
        const { rows } = await client.query<{ data: string }>("select data from applied where queue = $1 order by n", [
          queue,
        ]);
        return rows.map((row) => row.data);
      },
      /** Everybody's last sign of life is long ago. */
      silence: () =>
        client.query(
          `update pgq.subscription set sub_active = now() - interval '1 hour' from pgq.queue
            where sub_queue = queue_id and queue_name = $1`,
          [queue],
        ),
    };
  }

  test.each(kinds)("%s: a batch of a dead worker is done by another one, once", async (_, make) => {
    const it = await scene(make);
    await it.add(["k", "one"]);
    await it.worker("ann").source.next(database, NO_WISH); // and dies
    const early = await pass(it.worker("bob"), it.work);
    await it.silence();
    const late = await pass(it.worker("bob"), it.work);

    expect([early, late, await it.applied()]).toEqual([null, "worked", ["one"]]);
  });

  test.each(kinds)(
    "%s: a worker that was taken for dead cannot finish, and what it did is rolled back",
    async (_, make) => {
      const it = await scene(make);
      await it.add(["k", "one"]);

      const slow = pass(it.worker("ann"), {
        async work(data, tx) {
          await it.silence();
          await pass(it.worker("bob"), it.work);
          await it.work.work(data, tx);
        },
      });

      await expect(slow).rejects.toMatchObject({ code: "BATCH_LOST" });
      expect(await it.applied()).toEqual(["one"]);
      expect(await pass(it.worker("ann"), it.work)).toBeNull();
    },
  );

  test.each(kinds)(
    "%s: the heartbeat goes over another connection while a batch is worked on, and tells of a take-over",
    async (_, make) => {
      const it = await scene(make);
      await it.add(["k", "one"]);
      const clock = standingClock();
      const ann = it.worker("ann", clock).source;
      const batch = await ann.next(database, NO_WISH);
      const hold = ann.hold!(batch!, database);
      await it.silence();

      clock.wake();
      await until(
        () =>
          value<boolean>(
            client,
            "select sub_active > now() - interval '30 min' from pgq.subscription where sub_batch = $1",
            [String(batch!.id)],
          ),
        { what: "a sign of life" },
      );
      const notDead = await it.worker("bob").source.next(database, NO_WISH);
      await it.silence();
      const taken = await it.worker("bob").source.next(database, NO_WISH);
      await until(
        () => {
          clock.wake();
          return hold.lost.aborted;
        },
        { what: "the loss of the batch" },
      );
      await hold.release();

      expect(notDead).toBeNull();
      expect(taken?.tickId).toBe(batch?.tickId);
      expect(hold.lost.reason).toMatchObject({ code: "BATCH_LOST" });
    },
  );

  test.each(kinds)(
    "%s: a batch that was left because of an error is given to the same worker again",
    async (_, make) => {
      const it = await scene(make);
      await it.add(["k", "one"]);
      const ann = it.worker("ann");

      await expect(pass(ann, { work: () => Promise.reject(new Error("no")) })).rejects.toThrow("no");

      expect(await pass(ann, it.work)).toBe("worked");
    },
  );

  test.each(kinds)(
    "%s: many small ticks are taken as one batch when it is asked for, without waiting for more",
    async (_, make) => {
      const it = await scene(make);
      for (let i = 0; i < 6; i += 1) await it.add(["k", `e${i}`]);
      const ann = it.worker("ann");

      const single = await ann.source.next(database, NO_WISH);
      await pass(ann, it.work);
      const rest = await ann.source.next(database, { ...NO_WISH, mergeEvents: 1_000_000 });
      await pass(ann, it.work);

      expect([single, rest].map((batch) => [batch?.previousTickId, batch?.tickId])).toEqual([
        [1n, 2n],
        [2n, 7n],
      ]);
      expect(await it.applied()).toEqual(["e0", "e1", "e2", "e3", "e4", "e5"]);
      expect(await ann.source.next(database, { ...NO_WISH, mergeEvents: 1_000_000 })).toBeNull();
    },
  );

  test.each(kinds)("%s: the group is moved to a tick, and a worker leaves", async (_, make) => {
    const it = await scene(make);
    await it.add(["k", "one"]);
    const ann = it.worker("ann");
    await pass(ann, it.work);

    const isNew = await ann.source.register(database, 1n);
    await pass(ann, it.work);

    expect([isNew, await it.applied()]).toEqual([false, ["one", "one"]]);
    expect([await ann.source.unregister(database), await ann.source.unregister(database)]).toEqual([true, false]);
  });

  test("shared: each batch goes to one worker", async () => {
    const it = await scene(shared);
    await it.add(["k", "one"]);
    await it.add(["k", "two"]);

    const [a, b, c] = [
      await it.worker("ann").source.next(database, NO_WISH),
      await it.worker("bob").source.next(database, NO_WISH),
      await it.worker("eve").source.next(database, NO_WISH),
    ];

    expect([a?.previousTickId, b?.previousTickId, c]).toEqual([1n, 2n, null]);
    expect(a).toMatchObject({ queue: it.queue, consumer: "crew" });
  });

  test("ordered: all events are worked on, those of a key by one worker at a time and in their order", async () => {
    const make: Make = (queue) =>
      orderedSource({
        queue,
        consumer: "crew",
        orderBy: "ev_extra1 -- the key",
        partitions: 4,
        deadAfterMs: DEAD_AFTER_MS,
      });
    const it = await scene(make);
    const keys = ["a", "b", "c", "d", "e", "f", "g", "h"];
    const rounds = 12;
    const working = new Map<string, string>();
    const overlaps: string[] = [];
    const most = { atOnce: 0, now: 0 };

    async function worker(name: string): Promise<void> {
      const parts = it.worker(name);
      for (let idle = 0; idle < 3;) {
        const outcome = await pass(parts, {
          async work(data, tx) {
            most.atOnce = Math.max(most.atOnce, (most.now += 1));
            await until(() => most.atOnce > 1, { what: "another worker beside the first", timeoutMs: 60_000 });
            const mine = [...new Set(data.map((item) => item.split(":")[0]!))];
            for (const key of mine) {
              if (working.has(key)) overlaps.push(key);
              working.set(key, name);
            }
            await it.work.work(data, tx);
            for (const key of mine) working.delete(key);
            most.now -= 1;
          },
        });
        idle = outcome === null ? idle + 1 : 0;
      }
    }
    for (let round = 0; round < rounds; round += 1) {
      await it.add(...keys.map((key) => [key, `${key}:${String(round).padStart(2, "0")}`] as const));
    }

    await Promise.all(["ann", "bob", "eve"].map(worker));
    await worker("ann"); // what others held at their last look
    const applied = await it.applied();

    expect(overlaps).toEqual([]);
    expect(most.atOnce).toBeGreaterThan(1);
    expect(applied.length).toBe(keys.length * rounds);
    expect(keys.map((key) => applied.filter((data) => data.startsWith(`${key}:`)))).toEqual(
      keys.map((key) => Array.from({ length: rounds }, (_, round) => `${key}:${String(round).padStart(2, "0")}`)),
    );
  });

  test("ordered: workers with another number of partitions are refused", async () => {
    const it = await scene(ordered);
    await it.add(["k", "one"]);
    await it.worker("ann").source.next(database, NO_WISH);
    const other = orderedSource({ queue: it.queue, consumer: "crew", orderBy: "ev_extra1", partitions: 2 });

    await expect(other.next(database, NO_WISH)).rejects.toMatchObject({ code: "PARTITIONS_DIFFER" });
    await expect(other.register(database, null)).rejects.toMatchObject({ code: "PARTITIONS_DIFFER" });
  });

  test("ordered: a filter takes each event into exactly one partition, also events without key", async () => {
    const parts = 5;
    const batches: (BatchInfo | null)[] = [];
    const it = await scene((queue) =>
      orderedSource({ queue, consumer: "crew", orderBy: "ev_extra1", partitions: parts }),
    );
    await client.query("select pgq.insert_event($1, 't', 'no key') from generate_series(1, 3)", [it.queue]);
    await it.add(...Array.from({ length: 20 }, (_, i) => [`k${i}`, "x"] as const));
    for (let i = 0; i < parts; i += 1) batches.push(await it.worker("w").source.next(database, NO_WISH));

    const counts: number[] = [];
    for (const batch of batches) {
      const sql = `select count(*)::int from pgq.get_batch_events($1) where ${batch!.filter!}`;
      counts.push((await value<number>(client, sql, [String(batch!.id)]))!);
    }

    expect(counts.length).toBe(parts);
    expect(counts.reduce((sum, count) => sum + count)).toBe(23);
  });
});
