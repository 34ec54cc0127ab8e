// Batches of a consumer: what finishes them, what does not, and which events they have.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ConsumerSide, createConsumerSide, numberOf } from "../harness/consumer-side.ts";
import { insertEvents } from "../harness/consumer-queue.ts";
import { value } from "../harness/sessions.ts";
import { until } from "../harness/until.ts";
import { endMajors } from "../harness/major-pairs.ts";

async function numbers(batch: AsyncIterable<{ readonly payload: unknown }>): Promise<number[]> {
  const seen: number[] = [];
  for await (const event of batch) seen.push(numberOf(event));
  return seen;
}

function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, n) => n);
}

describe.each(endMajors())("batches on PostgreSQL %i", (major) => {
  let side: ConsumerSide;
  beforeAll(async () => {
    side = await createConsumerSide(major);
  });
  afterAll(() => side[Symbol.asyncDispose]());

  test("a batch that a handler leaves half-read is an error, and comes again whole", async () => {
    const { consumer, again, add } = await side.open({ fetchSize: 3 });
    await add(8);

    const running = consumer.runBatches(async (batch) => {
      for await (const event of batch) if (numberOf(event) === 4) break;
    });
    await expect(running).rejects.toMatchObject({ code: "BATCH_LEFT_OPEN" });

    let seen: number[] = [];
    const second = again({ fetchSize: 3 });
    for await (const batch of second.batches()) {
      seen = await numbers(batch);
      await batch.ack();
      break;
    }
    expect(seen).toEqual(upTo(8));
  });

  test("a batch that the loop leaves half-read for the next one is an error, and stays open", async () => {
    const { consumer, add, position } = await side.open();
    await add(5);
    const before = await position();

    const reading = (async () => {
      for await (const batch of consumer.batches()) {
        for await (const event of batch) if (numberOf(event) === 1) break;
      }
    })();

    await expect(reading).rejects.toMatchObject({ code: "BATCH_LEFT_OPEN" });
    expect((await position()).tick).toBe(before.tick);
  });

  test("ackRest finishes a batch that was read in part", async () => {
    const { consumer, add, position } = await side.open();
    await add(5);
    const before = await position();
    const seen: number[] = [];

    for await (const batch of consumer.batches()) {
      for await (const event of batch) {
        seen.push(numberOf(event));
        if (seen.length === 2) break;
      }
      batch.ackRest();
      await batch.ack();
      break;
    }

    expect(seen).toEqual([0, 1]);
    expect(await position()).toEqual({ tick: before.tick + 1, batch: null });
  });

  test("ack of a batch that was not read to the end is refused", async () => {
    const { consumer, add } = await side.open();
    await add(5);

    for await (const batch of consumer.batches()) {
      await expect(batch.ack()).rejects.toMatchObject({ code: "BATCH_LEFT_OPEN" });
      break;
    }
  });

  test("leaving the loop does not acknowledge a batch, even one that was read to the end", async () => {
    const { consumer, again, add } = await side.open();
    await add(3);
    const seen: number[][] = [];

    for await (const batch of consumer.batches()) {
      seen.push(await numbers(batch));
      break;
    }
    for await (const batch of again().batches()) {
      seen.push(await numbers(batch));
      break;
    }

    expect(seen).toEqual([upTo(3), upTo(3)]);
  });

  test("an error in the loop's body reaches the caller and leaves the batch undone", async () => {
    const { consumer, add, position } = await side.open();
    await add(3);
    const before = await position();

    const reading = (async () => {
      for await (const batch of consumer.batches()) {
        await numbers(batch);
        throw new Error("of the body");
      }
    })();

    await expect(reading).rejects.toThrow("of the body");
    expect((await position()).tick).toBe(before.tick);
  });

  test("the events of a batch come in the order of their ids, chunk by chunk", async () => {
    const { consumer, add } = await side.open({ fetchSize: 7 });
    await add(25);
    const sizes: number[] = [];
    const ids: bigint[] = [];

    for await (const batch of consumer.batches()) {
      for await (const events of batch.chunks()) {
        sizes.push(events.length);
        ids.push(...events.map((event) => event.id));
      }
      await batch.ack();
      break;
    }

    expect(sizes).toEqual([7, 7, 7, 4]);
    expect(ids).toEqual([...ids].sort((a, b) => Number(a - b)));
  });

  test("a batch whose size is a multiple of the fetch size is read to its end", async () => {
    const { consumer, add } = await side.open({ fetchSize: 5 });
    await add(10);
    let seen: number[] = [];

    await consumer.runBatches(async (batch) => {
      seen = await numbers(batch);
      void consumer.stop();
    });

    expect(seen).toEqual(upTo(10));
  });

  test("events that the filter leaves out are done without being seen", async () => {
    const { consumer, add, position } = await side.open({ filter: "ev_data like '%1%' -- with a one" });
    await add(12);
    const before = await position();
    let seen: number[] = [];

    for await (const batch of consumer.batches()) {
      seen = await numbers(batch);
      await batch.ack();
      break;
    }

    expect(seen).toEqual([1, 10, 11]);
    expect((await position()).tick).toBe(before.tick + 1);
  });

  test("mergeEvents makes one batch of many ticks, and 1 a batch of each", async () => {
    const merged = await side.open();
    const single = await side.open({ mergeEvents: 1 });
    for (const { add } of [merged, single]) {
      await add(2);
      await add(3);
      await add(4);
    }
    const sizes: Record<string, number[]> = { merged: [], single: [] };

    for (const [name, { consumer }] of Object.entries({ merged, single })) {
      let sum = 0;
      await consumer.runBatches(async (batch) => {
        const { length } = await numbers(batch);
        sizes[name]!.push(length);
        if ((sum += length) === 9) void consumer.stop();
      });
    }

    expect(sizes).toEqual({ merged: [9], single: [2, 3, 4] });
  });

  test("minEvents waits until there are so many", async () => {
    const { consumer, queue, position } = await side.open({ minEvents: 10 });
    // force_tick moves the sequence by which events are counted
    await side.client.query("select pgq.set_queue_config($1, 'ticker_max_count', '1')", [queue.name]);
    const before = await position();
    const sizes: number[] = [];

    const running = consumer.runBatches(async (batch) => {
      sizes.push((await numbers(batch)).length);
    });
    for (let ticks = 0; ticks < 2; ticks += 1) {
      await insertEvents(side.client, queue, 6);
      await side.client.query("select pgq.ticker($1)", [queue.name]);
    }
    await until(() => sizes.length > 0);
    await until(async () => (await position()).batch === null);
    await consumer.stop();
    await running;

    expect((await position()).tick).toBe(before.tick + 2);
    expect(sizes).toEqual([12]);
  });

  test("a batch is committed before the next one is begun", async () => {
    const { consumer, add, queue } = await side.open({ mergeEvents: 1 });
    await side.client.query(`create table order_${queue.number} (n int)`);
    await add(2);
    await add(2);
    const committed: (number | undefined)[] = [];

    await consumer.runBatches(async (batch, tx) => {
      committed.push(await value<number>(side.client, `select count(*)::int4 from order_${queue.number}`));
      await numbers(batch);
      await tx!.query(`insert into order_${queue.number} values (1)`);
      if (committed.length === 2) void consumer.stop();
    });

    expect(committed).toEqual([0, 1]);
  });

  test("what was written through tx goes with the batch when its loop is left", async () => {
    const { consumer, add, queue } = await side.open();
    await side.client.query(`create table left_${queue.number} (n int)`);
    await add(2);

    for await (const batch of consumer.batches()) {
      await numbers(batch);
      await batch.tx!.query(`insert into left_${queue.number} values (1)`);
      break;
    }

    expect(await value<number>(side.client, `select count(*)::int4 from left_${queue.number}`)).toBe(0);
  });

  test("events can be read once, and not in the middle of another reading", async () => {
    const { consumer, add } = await side.open();
    await add(2);

    for await (const batch of consumer.batches()) {
      await numbers(batch);
      await expect(numbers(batch)).rejects.toMatchObject({ code: "WRONG_USE" });
      break;
    }
  });

  test("ticks without events are passed without calling anybody", async () => {
    const { consumer, add } = await side.open({ mergeEvents: 1 });
    await add(0);
    await add(0);
    await add(3);
    const sizes: number[] = [];

    await consumer.runBatches(async (batch) => {
      sizes.push((await numbers(batch)).length);
      void consumer.stop();
    });

    expect(sizes).toEqual([3]);
  });

  test("events of a transaction that is still open come after its commit", async () => {
    const { consumer, add, queue } = await side.open();
    const slow = await side.db.connect();
    await slow.query("begin");
    await insertEvents(slow, queue, 1);
    await add(2);
    const sizes: number[] = [];

    const running = consumer.runBatches(async (batch) => {
      sizes.push((await numbers(batch)).length);
    });
    await until(() => sizes.length === 1);
    await slow.query("commit");
    await add(0);
    await until(() => sizes.length === 2);
    await consumer.stop();
    await running;

    expect(sizes).toEqual([2, 1]);
  });
});
