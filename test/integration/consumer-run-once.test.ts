// A consumer whose loop is somebody else's: one batch a call.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ConsumerSide, createConsumerSide, numberOf } from "../harness/consumer-side.ts";
import { majors } from "../harness/database.ts";
import { until } from "../harness/until.ts";

describe.each(majors())("one batch at a time on PostgreSQL %i", (major) => {
  let side: ConsumerSide;
  beforeAll(async () => {
    side = await createConsumerSide(major);
  });
  afterAll(() => side[Symbol.asyncDispose]());

  test("what is there is worked off batch by batch, then nothing is left", async () => {
    const { consumer, add } = await side.open({ mergeEvents: 1 });
    await add(2);
    await add(1);
    const seen: number[] = [];

    while (await consumer.runOnce((event) => void seen.push(numberOf(event))));
    const isMore = await consumer.runOnce(() => undefined);
    await consumer.stop();

    expect(seen).toEqual([0, 1, 0]);
    expect(isMore).toBe(false);
    expect(await consumer.runOnce(() => undefined)).toBe(false); // stopped
  });

  test("an error comes out, and the next call begins with the same batch", async () => {
    const { consumer, add, position } = await side.open({ retry: false });
    await add(3);
    const batches: bigint[] = [];

    const failing = consumer.runBatchOnce((batch) => {
      batches.push(batch.id);
      throw new Error("not today");
    });
    await expect(failing).rejects.toThrow("not today");
    await consumer.runBatchOnce((batch) => {
      batches.push(batch.id);
      batch.ackRest();
    });
    await consumer.stop();

    expect(batches[1]).toBe(batches[0]);
    expect((await position()).batch).toBeNull();
  });

  test("stop waits for the batch that a call works on", async () => {
    const { consumer, add, position } = await side.open({ graceMs: 60_000 });
    await add(2);
    const before = await position();
    let goOn: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (goOn = resolve));
    let isWorking = false;

    const running = consumer.runOnce(async () => {
      isWorking = true;
      await gate;
    });
    await until(() => isWorking);
    const stopping = consumer.stop();
    goOn();
    await stopping;

    expect(await running).toBe(true);
    expect(await position()).toEqual({ tick: before.tick + 1, batch: null });
  });

  test("a notification of a tick is told, so that the other loop need not wait", async () => {
    const { again, add } = await side.open();
    const consumer = again({ listen: true });
    let ticks = 0;
    consumer.on("tick", () => (ticks += 1));

    await consumer.runOnce(() => undefined);
    await until(async () => {
      await add(1);
      await side.client.query("select pg_notify('pgq_tick', $1)", [consumer.queue.name]);
      return ticks > 0;
    });
    await consumer.stop();

    expect(ticks).toBeGreaterThan(0);
  });
});
