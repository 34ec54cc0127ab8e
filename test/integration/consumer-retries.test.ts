// Events that fail: tried again later, given up, or standing in the way of the rest.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { listDeadLetters } from "../../src/pgq/public.ts";
import { type ConsumerSide, createConsumerSide, numberOf, type Opened } from "../harness/consumer-side.ts";
import { until } from "../harness/until.ts";
import { endMajors } from "../harness/major-pairs.ts";

describe.each(endMajors())("retries on PostgreSQL %i", (major) => {
  let side: ConsumerSide;
  beforeAll(async () => {
    side = await createConsumerSide(major);
  });
  afterAll(() => side[Symbol.asyncDispose]());

  /** Events that were put aside: their number, retries, and seconds until they are due. */
  async function aside({ queue }: Opened): Promise<{ n: number; retry: number | null; seconds: number }[]> {
    const { rows } = await side.client.query<{ n: number; retry: number | null; seconds: number }>(
      `select (r.ev_data::json->>'n')::int4 as n, r.ev_retry as retry,
              extract(epoch from r.ev_retry_after - now())::float8 as seconds
         from pgq.retry_queue r join pgq.queue on queue_id = r.ev_queue where queue_name = $1 order by ev_id`,
      [queue.name],
    );
    return rows;
  }

  /** Puts back what is due, makes all that was put aside due, and ticks. */
  async function comeBack(opened: Opened): Promise<void> {
    await side.client.query(
      `update pgq.retry_queue set ev_retry_after = now() - interval '1 second'
        where ev_queue = (select queue_id from pgq.queue where queue_name = $1)`,
      [opened.queue.name],
    );
    await side.client.query("select pgq.maint_retry_events()");
    await opened.add(0);
  }

  const dead = async ({ queue }: Opened) => await listDeadLetters(side.client, { queue: queue.name });

  test("an event whose handler throws comes again after the delay, with the count of its retries", async () => {
    const opened = await side.open({ retry: { delayMs: 60_000 } });
    await opened.add(3);
    const seen: [number, number][] = [];
    const running = opened.consumer.run((event) => {
      seen.push([numberOf(event), event.retries]);
      if (numberOf(event) === 1 && event.retries < 2) throw new Error("not yet");
    });

    await until(async () => (await aside(opened)).length === 1);
    const [first] = await aside(opened);
    await comeBack(opened);
    await until(async () => (await aside(opened)).length === 1);
    const [second] = await aside(opened);
    await comeBack(opened);
    await until(() => seen.length === 5);
    await opened.consumer.stop();
    await running;

    expect(seen).toEqual([
      [0, 0],
      [1, 0],
      [2, 0],
      [1, 1],
      [1, 2],
    ]);
    expect(first!.seconds).toBeGreaterThan(20);
    expect(first!.seconds).toBeLessThanOrEqual(61);
    expect(second!.seconds).toBeGreaterThan(first!.seconds + 20);
    expect(second!.seconds).toBeLessThanOrEqual(121);
    expect(await aside(opened)).toEqual([]);
  });

  test("an event that failed too often becomes a dead letter that says why", async () => {
    const opened = await side.open({ retry: { maxRetries: 1 } });
    await opened.add(2);
    const outcomes: [string, number][] = [];
    opened.consumer.on("eventFailure", ({ outcome, retries }) => outcomes.push([outcome, retries]));
    const running = opened.consumer.run((event) => {
      if (numberOf(event) === 1) throw new TypeError("no such customer");
    });

    await until(async () => (await aside(opened)).length === 1);
    await comeBack(opened);
    await until(async () => (await dead(opened)).length === 1);
    await opened.consumer.stop();
    await running;

    const [letter] = await dead(opened);
    expect(letter).toMatchObject({ reason: "TypeError: no such customer" });
    expect(outcomes).toEqual([
      ["retry", 0],
      ["dead-letter", 1],
    ]);
    expect(await aside(opened)).toEqual([]);
  });

  test("a consumer that is to stop at an exhausted event stops there, and the event is still first in line", async () => {
    const opened = await side.open({ retry: { maxRetries: 0 }, onExhausted: "stop" });
    await opened.add(3);
    const before = await opened.position();
    const cause = new Error("broken");

    const running = opened.consumer.run((event) => {
      if (numberOf(event) === 1) throw cause;
    });

    await expect(running).rejects.toMatchObject({ code: "RETRIES_EXHAUSTED", cause });
    expect((await opened.position()).tick).toBe(before.tick);
    expect(await dead(opened)).toEqual([]);
  });

  test("without retries a failing event holds its batch up, which comes again from its first event", async () => {
    const opened = await side.open({ retry: false, mergeEvents: 1 });
    await opened.add(3);
    await opened.add(1);
    const failures: number[] = [];
    opened.consumer.on("failure", (report) => failures.push(report.failures));
    const seen: number[] = [];

    const running = opened.consumer.run((event) => {
      seen.push(numberOf(event));
      if (numberOf(event) === 1 && failures.length < 1) throw new Error("once");
    });
    await until(() => seen.length >= 6);
    await opened.consumer.stop();
    await running;

    expect(seen).toEqual([0, 1, 0, 1, 2, 0]);
    expect(failures).toEqual([1]);
    expect(await aside(opened)).toEqual([]);
  });

  test("a handler puts events aside and gives them up by itself", async () => {
    const opened = await side.open();
    await opened.add(4);
    const reports: [number, number, number][] = [];
    opened.consumer.on("batch", ({ events, retried, dead: given }) => reports.push([events, retried, given]));

    const running = opened.consumer.run((event) => {
      if (numberOf(event) === 0) event.retry({ delayMs: 3_600_000 });
      if (numberOf(event) === 1) event.deadLetter("of no use");
      if (numberOf(event) === 2) event.retry({ delayMs: 1_500 });
    });
    await until(() => reports.length > 0);
    await opened.consumer.stop();
    await running;

    const [hour, soon] = await aside(opened);
    expect(reports[0]).toEqual([4, 2, 1]);
    expect(hour!.n).toBe(0);
    expect(hour!.seconds).toBeGreaterThan(3_500);
    expect(soon!.n).toBe(2);
    expect(soon!.seconds).toBeLessThanOrEqual(2);
    expect((await dead(opened)).map(({ reason }) => reason)).toEqual(["of no use"]);
  });

  test("events of a loop over batches are put aside and given up when the batch is finished", async () => {
    const opened = await side.open({ retry: { delayMs: 600_000 } });
    await opened.add(4);

    for await (const batch of opened.consumer.batches()) {
      for await (const event of batch) {
        if (numberOf(event) === 1) event.retry();
        if (numberOf(event) === 3) event.deadLetter("refused");
      }
      expect(await aside(opened)).toEqual([]);
      await batch.ack();
      break;
    }

    const [put] = await aside(opened);
    expect(put!.n).toBe(1);
    expect(put!.seconds).toBeGreaterThan(500);
    expect((await dead(opened)).map(({ reason }) => reason)).toEqual(["refused"]);
  });

  test("what is put aside in a batch that is rolled back is not put aside", async () => {
    const opened = await side.open();
    await opened.add(2);

    for await (const batch of opened.consumer.batches()) {
      for await (const event of batch) event.retry();
      break;
    }

    expect(await aside(opened)).toEqual([]);
  });

  test("the last word about an event counts", async () => {
    const opened = await side.open();
    await opened.add(1);

    for await (const batch of opened.consumer.batches()) {
      for await (const event of batch) {
        event.deadLetter("first");
        event.retry();
      }
      await batch.ack();
      break;
    }

    expect((await aside(opened)).length).toBe(1);
    expect(await dead(opened)).toEqual([]);
  });

  test("an event that is asked for again after the end of its batch is refused", async () => {
    const opened = await side.open();
    await opened.add(1);

    for await (const batch of opened.consumer.batches()) {
      const kept: { retry: () => void }[] = [];
      for await (const event of batch) kept.push({ retry: () => event.retry() });
      await batch.ack();
      expect(() => kept[0]!.retry()).toThrow(expect.objectContaining({ code: "WRONG_USE" }));
      break;
    }
  });

  test("a retried event is seen by the consumer that asked for it only", async () => {
    const opened = await side.open();
    const other = opened.again({ consumer: "other" });
    await other.register();
    await opened.add(2);
    const seen = { c: [] as number[], other: [] as number[] };
    const runs = [
      opened.consumer.run((event) => {
        seen.c.push(numberOf(event));
        if (numberOf(event) === 0 && event.retries === 0) event.retry({ delayMs: 0 });
      }),
      other.run((event) => void seen.other.push(numberOf(event))),
    ];

    await until(async () => (await aside(opened)).length === 1);
    await comeBack(opened);
    await until(() => seen.c.length === 3 && seen.other.length === 2);
    await opened.add(1);
    await until(() => seen.other.length === 3);
    await Promise.all([opened.consumer.stop(), other.stop()]);
    await Promise.all(runs);

    expect(seen.other).toEqual([0, 1, 0]);
    expect(seen.c.slice(0, 3)).toEqual([0, 1, 0]);
  });

  test("more failing events than fit one statement are all put aside", async () => {
    const opened = await side.open({ retry: { delayMs: 3_600_000 } });
    await opened.add(2_500);

    const running = opened.consumer.run(() => {
      throw new Error("down");
    });
    await until(async () => (await aside(opened)).length === 2_500);
    await opened.consumer.stop();
    await running;
  });

  test("an error of the server that may pass, such as a deadlock, repeats the batch and sets nothing aside", async () => {
    const opened = await side.open();
    await opened.add(2);
    let failures = 0;
    opened.consumer.on("failure", () => (failures += 1));
    const seen: number[] = [];

    const running = opened.consumer.run(async (event, tx) => {
      seen.push(numberOf(event));
      if (failures === 0) await tx.query("do $$ begin raise exception 'deadlock' using errcode = '40P01'; end $$");
    });
    await until(() => seen.length === 3);
    await opened.consumer.stop();
    await running;

    expect(seen).toEqual([0, 0, 1]);
    expect(await aside(opened)).toEqual([]);
  });
});
