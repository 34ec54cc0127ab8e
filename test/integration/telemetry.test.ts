// What observers hear on the channels of node:diagnostics_channel.
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { copyEvents, send, sendMany, type TelemetryMessages } from "../../src/pgq/public.ts";
import { type ConsumerSide, createConsumerSide, type Opened } from "../harness/consumer-side.ts";
import { tick } from "../harness/consumer-queue.ts";
import { majors } from "../harness/database.ts";
import { until } from "../harness/until.ts";

let undo: (() => void)[] = [];
afterEach(() => {
  for (const step of undo) step();
  undo = [];
});

/** What is published about one queue from now on, until the end of the test. */
function hear<Name extends keyof TelemetryMessages>(name: Name, queue: string): TelemetryMessages[Name][] {
  const heard: TelemetryMessages[Name][] = [];
  const listener = (message: unknown): void => {
    const known = message as TelemetryMessages[keyof TelemetryMessages];
    if (("batch" in known ? known.batch : known).queue === queue) heard.push(known as TelemetryMessages[Name]);
  };
  subscribe(name, listener);
  undo.push(() => void unsubscribe(name, listener));
  return heard;
}

describe.each(majors())("channels on PostgreSQL %i", (major) => {
  let side: ConsumerSide;
  let opened: Opened;
  let queue: string;

  beforeAll(async () => {
    side = await createConsumerSide(major);
  });
  afterAll(() => side[Symbol.asyncDispose]());
  beforeEach(async () => {
    opened = await side.open({ retry: { delayMs: 0, maxRetries: 0 } });
    queue = opened.queue.name;
  });

  test("every call that sends is told, with its ids", async () => {
    const heard = hear("skytools:pgq:send", queue);

    const id = await send(side.client, queue, { type: "a" });
    const ids = await sendMany(side.client, queue, [{ type: "b" }, { type: "c" }]);
    await copyEvents(side.client, queue, [{ type: "d" }]);

    expect(heard).toMatchObject([
      { method: "send", events: 1, ids: [id], error: null },
      { method: "sendMany", events: 2, ids, error: null },
      { method: "copyEvents", events: 1, ids: null, error: null },
    ]);
  });

  test("a call that fails is told with its error", async () => {
    const heard = hear("skytools:pgq:send", `${queue}_none`);

    await expect(send(side.client, `${queue}_none`, { type: "a" })).rejects.toMatchObject({ code: "QUEUE_UNKNOWN" });

    expect(heard).toMatchObject([{ method: "send", events: 0, ids: null, error: { code: "QUEUE_UNKNOWN" } }]);
  });

  test("a batch is told when it is opened and when it is finished, and each event with its outcome", async () => {
    const batches = hear("skytools:pgq:batch", queue);
    const events = hear("skytools:pgq:event", queue);
    const ids = await sendMany(side.client, queue, [{ type: "good" }, { type: "later" }, { type: "bad" }]);
    await tick(side.client, opened.queue);

    await opened.consumer.run((event) => {
      if (event.type === "later") event.retry({ delayMs: 1_000 });
      if (event.type !== "bad") return;
      void opened.consumer.stop();
      throw new Error("no good");
    });

    expect(batches).toMatchObject([
      { state: "opened", batch: { queue, consumer: "c" } },
      { state: "finished", batch: { queue, consumer: "c" }, events: 3, retried: 1, dead: 1 },
    ]);
    expect(events).toMatchObject([
      { eventId: ids[0], type: "good", outcome: "done", error: null },
      { eventId: ids[1], type: "later", outcome: "retry", error: null },
      { eventId: ids[2], type: "bad", outcome: "dead-letter", error: { message: "no good" }, retries: 0 },
    ]);
  });

  test("a batch that is given up is told, and that the consumer connects again, with the cause", async () => {
    const batches = hear("skytools:pgq:batch", queue);
    const events = hear("skytools:pgq:event", queue);
    const reconnects = hear("skytools:pgq:reconnect", queue);
    await opened.add(1);
    const consumer = opened.again({ retry: false });
    consumer.on("failure", () => undefined);
    let calls = 0;

    await consumer.run(() => {
      calls += 1;
      if (calls === 1) throw new Error("not yet");
      void consumer.stop();
    });

    expect(reconnects).toMatchObject([{ session: "work", cause: { message: "not yet" }, failures: 1 }]);
    expect(batches.map(({ state }) => state)).toEqual(["opened", "given-up", "opened", "finished"]);
    expect(batches[1]).toMatchObject({ error: { message: "not yet" } });
    expect(events[0]).toMatchObject({ outcome: "given-up", error: { message: "not yet" } });
  });

  test("a listening session that is lost is told", async () => {
    const reconnects = hear("skytools:pgq:reconnect", queue);
    const wakeUps = hear("skytools:pgq:wake-up", queue);
    const consumer = opened.again({ listen: true, pollIntervalMs: 60_000 });
    const seen: unknown[] = [];
    const running = consumer.run((event) => void seen.push(event.payload));
    await until(async () => {
      await opened.add(1);
      await side.client.query("select pg_notify('pgq_tick', $1)", [queue]);
      return seen.length > 0 && wakeUps.some(({ by }) => by === "notification");
    });

    await until(async () => {
      await side.client.query(
        `select pg_terminate_backend(pid) from pg_stat_activity
           where datname = current_database() and query ilike 'listen%'`,
      );
      return reconnects.some(({ session }) => session === "listen");
    });
    await consumer.stop();
    await running;

    expect(reconnects[0]).toMatchObject({ session: "listen", failures: 1, cause: expect.any(Error) as Error });
  });

  test("a consumer that finds nothing tells that it looks again", async () => {
    const wakeUps = hear("skytools:pgq:wake-up", queue);
    const running = opened.consumer.run(() => undefined);

    await until(() => wakeUps.length > 1);
    await opened.consumer.stop();
    await running;

    expect(wakeUps[0]).toEqual({ queue, consumer: "c", by: "poll" });
  });
});
