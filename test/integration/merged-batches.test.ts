// Where a batch of several ticks ends.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type BatchWish, nextBatch, subscribe } from "../../src/pgq/index.ts";
import { connect, type Connection } from "../../src/postgres/index.ts";
import { createDatabase, majors, type TestDatabase } from "../harness/database.ts";

interface Case {
  readonly what: string;
  /** Event numbers at ticks 2, 3, …; the batch begins at tick 1. */
  readonly ticks: readonly number[];
  readonly wish: Partial<BatchWish>;
  /** The tick at its end. */
  readonly ends: number;
}

const cases: readonly Case[] = [
  { what: "without a limit it ends at the newest tick", ticks: [5, 9, 20], wish: {}, ends: 4 },
  { what: "no tick is passed over although the newest one is near", ticks: [10, 12], wish: { upToTick: 2n }, ends: 2 },
  { what: "far from the newest tick it ends where it was told", ticks: [5, 10, 99], wish: { upToTick: 3n }, ends: 3 },
  { what: "ticks without events end it where they were told to", ticks: [0, 0, 0], wish: { upToTick: 2n }, ends: 2 },
  { what: "one event behind the limit is not taken", ticks: [0, 1], wish: { upToTick: 2n }, ends: 2 },
  { what: "the newest tick is the limit", ticks: [1, 2, 3], wish: { upToTick: 4n }, ends: 4 },
  { what: "so many ticks and no more", ticks: [10, 30, 99, 100], wish: { mergeTicks: 2 }, ends: 3 },
  { what: "one tick at a time", ticks: [10, 11, 12], wish: { mergeTicks: 1 }, ends: 2 },
  { what: "ticks without events one at a time", ticks: [0, 0, 0], wish: { mergeTicks: 1 }, ends: 2 },
  { what: "all there are", ticks: [10, 11, 12], wish: { mergeTicks: 9 }, ends: 4 },
];

describe.each(majors())("batches of several ticks on PostgreSQL %i", (major) => {
  let database: TestDatabase;
  let db: Connection;
  let queues = 0;
  beforeAll(async () => {
    database = await createDatabase(major);
    db = await connect(database.url, { env: {} });
  });
  afterAll(async () => {
    await db.close();
    await database.drop();
  });

  test.each(cases)("$what: $ticks", async ({ ticks, wish, ends }) => {
    const queue = `q${(queues += 1)}`;
    await db.query("select pgq.create_queue($1)", [queue]);
    await db.query("select pgq.set_queue_config($1, 'external_ticker', 'true')", [queue]);
    await subscribe(db, queue, "c");
    for (const [index, sequence] of ticks.entries()) {
      await db.query("select pgq.ticker($1, $2, now(), $3)", [queue, index + 2, 1 + sequence]);
    }

    const any = { minEvents: null, minIntervalMs: null, keepLagMs: null, isDurable: true };
    const batch = await nextBatch(db, queue, "c", { ...any, mergeEvents: 10_000, ...wish });

    expect(batch).toMatchObject({ previousTickId: 1n, tickId: BigInt(ends) });
  });
});
