// A consumer from its registration to its end.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ConsumerSide, createConsumerSide, numberOf } from "../harness/consumer-side.ts";
import { value } from "../harness/sessions.ts";
import { until } from "../harness/until.ts";
import { endMajors } from "../harness/major-pairs.ts";

/** Until the signal; what a handler that waits does. */
function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(new Error("aborted")), { once: true });
  });
}

describe.each(endMajors())("the life of a consumer on PostgreSQL %i", (major) => {
  let side: ConsumerSide;
  beforeAll(async () => {
    side = await createConsumerSide(major);
  });
  afterAll(() => side[Symbol.asyncDispose]());

  test("stop lets the batch in work come to its end", async () => {
    const { consumer, add, position } = await side.open({ graceMs: 60_000 });
    await add(3);
    const before = await position();
    const seen: number[] = [];
    let goOn: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (goOn = resolve));

    const running = consumer.run(async (event) => {
      seen.push(numberOf(event));
      await gate;
    });
    await until(() => seen.length > 0);
    const stopping = consumer.stop();
    goOn();
    await Promise.all([stopping, running]);

    expect(seen).toEqual([0, 1, 2]);
    expect(await position()).toEqual({ tick: before.tick + 1, batch: null });
  });

  test("a batch that is not done when its time is up is rolled back, and comes again", async () => {
    const { consumer, again, add, queue } = await side.open({ graceMs: 50 });
    await side.client.query(`create table grace_${queue.number} (n int)`);
    await add(2);
    let isWaiting = false;

    const running = consumer.run(async (_event, tx, { signal }) => {
      await tx.query(`insert into grace_${queue.number} values (1)`);
      isWaiting = true;
      await aborted(signal);
    });
    await until(() => isWaiting);
    await consumer.stop();
    await running;

    const seen: number[] = [];
    const second = again();
    await second.run((event) => {
      seen.push(numberOf(event));
      if (seen.length === 2) void second.stop();
    });
    expect(await value(side.client, `select count(*)::int4 from grace_${queue.number}`)).toBe(0);
    expect(seen).toEqual([0, 1]);
  });

  test("a handler that does not look at the signal does not hold up stop", async () => {
    const { consumer, add } = await side.open({ graceMs: 50 });
    await add(1);
    let isWaiting = false;

    const running = consumer.run(() => {
      isWaiting = true;
      return new Promise(() => undefined);
    });
    await until(() => isWaiting);
    await consumer.stop();
    await running;
  });

  test("a statement of a handler that takes long does not hold up stop", async () => {
    const { consumer, add } = await side.open({ graceMs: 50 });
    await add(1);
    const running = consumer.run((_event, tx) => tx.query("select pg_sleep(600) as ctest_long"));
    const pid = await until(() =>
      value<number>(
        side.client,
        `select pid from pg_stat_activity
          where datname = current_database() and state = 'active' and query ~ '^select pg_sleep.600. as ctest_long'`,
      ),
    );

    await consumer.stop();
    await running;

    await side.client.query("select pg_terminate_backend($1)", [pid]);
  });

  test("aborting the signal stops the consumer", async () => {
    const abort = new AbortController();
    const { consumer, add } = await side.open({ signal: abort.signal });
    await add(1);

    await consumer.run(() => abort.abort());
  });

  test("a signal that was aborted before lets nothing begin", async () => {
    const { again, add } = await side.open();
    await add(1);
    let calls = 0;

    await again({ signal: AbortSignal.abort() }).run(() => void (calls += 1));

    expect(calls).toBe(0);
  });

  test("a consumer that is stopped before it runs does not run any more", async () => {
    const { consumer } = await side.open();
    await consumer.stop();
    let calls = 0;

    await consumer.run(() => void (calls += 1));

    expect(calls).toBe(0);
  });

  test("a consumer cannot run twice, neither at once nor one after the other", async () => {
    const { consumer } = await side.open();
    const running = consumer.run(() => undefined);

    await expect(consumer.run(() => undefined)).rejects.toMatchObject({ code: "WRONG_USE" });
    await consumer.stop();
    await running;
    await expect(consumer.run(() => undefined)).rejects.toMatchObject({ code: "WRONG_USE" });
  });

  test("stop may be called often, and from the handler", async () => {
    const { consumer, add, position } = await side.open();
    await add(1);
    const before = await position();

    await consumer.run(() => {
      void consumer.stop();
      void consumer.stop();
    });
    await consumer.stop();

    expect((await position()).tick).toBe(before.tick + 1);
  });

  test("a paused consumer goes on when the last of the reasons is taken back", async () => {
    const { consumer, add } = await side.open();
    await add(1);
    const seen: number[] = [];
    consumer.pause("night");
    consumer.pause("disk full");

    const running = consumer.run((event) => void seen.push(numberOf(event)));
    consumer.resume("night");
    expect(consumer.pauseReasons).toEqual(["disk full"]);
    await side.client.query("select 1");
    expect(seen).toEqual([]);
    consumer.resume("disk full");
    await until(() => seen.length === 1);
    await consumer.stop();
    await running;
  });

  test("a paused consumer can be stopped", async () => {
    const { consumer } = await side.open();
    consumer.pause();
    const running = consumer.run(() => undefined);

    await consumer.stop();
    await running;
  });

  test.each([
    ["first", () => "first" as const, [0, 1, 0, 0]],
    ["a tick", (tick: number) => ({ tick: BigInt(tick + 1) }), [0, 0]],
    ["last", () => "last" as const, []],
  ])("seek to %s gives what came after it", async (_name, target, expected) => {
    const { consumer, again, add, position } = await side.open();
    const { tick } = await position();
    await add(2);
    await add(1);
    await add(1);

    await again().seek(target(tick));
    await add(9);
    const seen: number[] = [];
    await consumer.run((event) => {
      seen.push(numberOf(event));
      if (seen.length === expected.length + 9) void consumer.stop();
    });

    expect(seen.slice(0, -9)).toEqual(expected);
  });

  test("seek to a time gives all events since then", async () => {
    const { consumer, again, add } = await side.open();
    await add(2);
    const time = (await value<string>(side.client, "select clock_timestamp()::text"))!;
    await add(3);

    await again().seek({ time });
    const seen: number[] = [];
    await consumer.run((event) => {
      seen.push(numberOf(event));
      if (seen.length === 3) void consumer.stop();
    });

    expect(seen).toEqual([0, 1, 2]);
  });

  test("seek to a tick that is not kept is refused", async () => {
    const { consumer } = await side.open();

    await expect(consumer.seek({ tick: 999_999n })).rejects.toMatchObject({ code: "POSITION_GONE" });
  });

  test("a consumer can be registered at an older tick", async () => {
    const { again, add } = await side.open();
    await add(2);
    const late = again({ consumer: "late" });

    expect(await late.register({ at: "first" })).toBe(true);
    const seen: number[] = [];
    await late.run((event) => {
      seen.push(numberOf(event));
      if (seen.length === 2) void late.stop();
    });

    expect(seen).toEqual([0, 1]);
  });

  test("registering again moves a consumer only when it is said where to", async () => {
    const { consumer, add, position } = await side.open();
    const { tick } = await position();
    await add(1);

    expect(await consumer.register()).toBe(false);
    expect((await position()).tick).toBe(tick);
    expect(await consumer.register({ at: "last" })).toBe(false);
    expect((await position()).tick).toBe(tick + 1);
  });

  test("unregister ends the registration, and says whether there was one", async () => {
    const { consumer, queue } = await side.open();

    expect([await consumer.unregister(), await consumer.unregister()]).toEqual([true, false]);
    expect(await value(side.client, "select count(*)::int4 from pgq.get_consumer_info($1)", [queue.name])).toBe(0);
  });

  test("a consumer that is not registered says so, and what to do", async () => {
    const { again } = await side.open({ consumer: "mailer" });
    const wrong = again({ consumer: "mialer" });

    await expect(wrong.run(() => undefined)).rejects.toMatchObject({
      code: "CONSUMER_UNKNOWN",
      message: expect.stringContaining("did you mean mailer?") as string,
      hint: expect.stringContaining("register") as string,
    });
  });

  test("a queue that does not exist is named, with the nearest one", async () => {
    const { again, queue } = await side.open();
    const wrong = again({ queue: `${queue.name}x` });

    await expect(wrong.run(() => undefined)).rejects.toMatchObject({
      code: "QUEUE_UNKNOWN",
      message: expect.stringContaining("did you mean consumed_") as string,
      hint: expect.stringContaining("create") as string,
    });
    await expect(wrong.register()).rejects.toMatchObject({ code: "QUEUE_UNKNOWN" });
  });

  test("a consumer that is unregistered while it runs ends with the reason", async () => {
    const { consumer, again, add } = await side.open();
    await add(1);
    let calls = 0;
    const running = consumer.run(() => void (calls += 1));
    const ended = expect(running).rejects.toMatchObject({ code: "CONSUMER_UNKNOWN" });
    await until(() => calls === 1);

    await again().unregister();

    await ended;
  });

  test("an option with a wrong name is refused with the right one", async () => {
    const { again } = await side.open();

    expect(() => again({ fetchsize: 3 } as never)).toThrow(
      expect.objectContaining({ hint: "did you mean fetchSize?" }),
    );
    expect(() => again({ fetchSize: 0 })).toThrow(expect.objectContaining({ code: "WRONG_USE" }));
  });

  test("a pool has all of its clients back when the consumer has ended", async () => {
    const { consumer, add } = await side.open();
    await add(5);

    await consumer.run(() => void consumer.stop());

    expect(side.pool.totalCount - side.pool.idleCount).toBe(0);
  });
});
