// What send() and sendMany() do beyond the driver: keys, delays, typed queues, rights.
import { context, ROOT_CONTEXT, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { type } from "arktype";
import type pg from "pg";
import * as v from "valibot";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import {
  cancelDelayed,
  defineQueue,
  type EventInput,
  send,
  sendMany,
  sendOnce,
  toExecutor,
} from "../../src/pgq/public.ts";
import { createDatabase, majors, type TestDatabase } from "../harness/database.ts";
import { storedEvents } from "../harness/stored-events.ts";

const HOUR_MS = 3_600_000;

let counter = 0;

describe.each(majors())("PostgreSQL %i", (major) => {
  let database: TestDatabase;
  let client: pg.Client;
  let queue: string;

  const delayed = async (): Promise<{ due: number; type: string }[]> => {
    const { rows } = await client.query<{ due: number; type: string }>(
      `select extract(epoch from de_due - clock_timestamp())::float8 as due, ev_type as type
       from pgq.delayed_event join pgq.queue on queue_id = de_queue where queue_name = $1 order by ev_id`,
      [queue],
    );
    return rows;
  };

  beforeAll(async () => {
    database = await createDatabase(major);
    client = await database.connect();
  });
  afterAll(() => database.drop());
  beforeEach(async () => {
    queue = `q${(counter += 1)}`;
    await client.query("select pgq.create_queue($1)", [queue]);
  });

  describe("keys", () => {
    test("an event with a used key is not inserted again and has the first one's id", async () => {
      const first = await send(client, queue, { type: "a", payload: 1, key: "k" });

      expect(await send(client, queue, { type: "b", payload: 2, key: "k" })).toBe(first);
      expect(await sendOnce(client, queue, { type: "b", key: "k" })).toEqual({ id: first, isNew: false });
      expect(await storedEvents(client, queue)).toMatchObject([{ id: String(first), type: "a" }]);
    });

    test("sendOnce says so when the event is new", async () => {
      const sent = await sendOnce(client, queue, { type: "a", key: "k", extra1: "x" });

      expect(sent.isNew).toBe(true);
      expect(await storedEvents(client, queue)).toMatchObject([
        { id: String(sent.id), extras: ["x", null, null, null] },
      ]);
    });

    test("a key is remembered as long as was asked", async () => {
      await send(client, queue, { type: "a", key: "day" });
      await send(client, queue, { type: "a", key: "hour", keyLifetimeMs: HOUR_MS });
      await sendMany(client, queue, [{ type: "a", key: "ever", keyLifetimeMs: Infinity }]);

      const { rows } = await client.query<{ key: string; hours: number | null }>(
        `select ek_key as key, case when ek_expire < 'infinity'
           then round(extract(epoch from ek_expire - now()) / 3600)::int4 end as hours
         from pgq.event_key join pgq.queue on queue_id = ek_queue where queue_name = $1 order by 1`,
        [queue],
      );
      expect(rows).toEqual([
        { key: "day", hours: 24 },
        { key: "ever", hours: null },
        { key: "hour", hours: 1 },
      ]);
    });

    test("used keys are recognised in bulk, also within one call", async () => {
      const first = await send(client, queue, { type: "a", key: "k1" });

      const ids = await sendMany(
        client,
        queue,
        ["k1", "k2", "k2", "k3"].map((key) => ({ type: "b", key, extra3: key })),
      );

      expect(ids[0]).toBe(first);
      expect(ids[2]).toBe(ids[1]);
      expect((await storedEvents(client, queue)).map(({ extras }) => extras[2])).toEqual([null, "k2", "k3"]);
    });
  });

  describe("delays", () => {
    test("a delayed event waits beside the queue for as long as was asked", async () => {
      await send(client, queue, { type: "after", delayMs: HOUR_MS });
      await send(client, queue, { type: "at", at: new Date(Date.now() + 2 * HOUR_MS) });
      await sendMany(client, queue, [
        { type: "after, in bulk", delayMs: 3 * HOUR_MS },
        { type: "at, in bulk", at: new Date(Date.now() + 4 * HOUR_MS).toISOString(), extra1: "x" },
      ]);

      const waiting = await delayed();
      expect(waiting.map((event) => event.type)).toEqual(["after", "at", "after, in bulk", "at, in bulk"]);
      expect(waiting.map(({ due }) => Math.round(due / 3600))).toEqual([1, 2, 3, 4]);
      expect(await storedEvents(client, queue)).toEqual([]);
    });

    test("a delay counts from now, however old the transaction is", async () => {
      await client.query("begin");
      await client.query("select pg_sleep(0.05)");
      await send(client, queue, { type: "after", delayMs: 1_000 });
      const { rows } = await client.query<{ fromBegin: number }>(
        `select extract(epoch from de_due - now())::float8 as "fromBegin"
         from pgq.delayed_event join pgq.queue on queue_id = de_queue where queue_name = $1`,
        [queue],
      );
      await client.query("rollback");

      expect(rows[0]!.fromBegin).toBeGreaterThanOrEqual(1.05);
    });

    test("without delay it comes at once", async () => {
      await send(client, queue, { type: "now", delayMs: 0 });
      await send(client, queue, { type: "then", at: new Date(0) });

      expect(await storedEvents(client, queue)).toMatchObject([{ type: "now" }, { type: "then" }]);
    });

    test("a delayed event can be cancelled once", async () => {
      const id = await send(client, queue, { type: "after", delayMs: HOUR_MS });

      expect(await cancelDelayed(client, queue, id)).toBe(true);
      expect(await cancelDelayed(client, queue, id)).toBe(false);
      expect(await delayed()).toEqual([]);
    });
  });

  test("in bulk all kinds of events keep their places", async () => {
    const ids = await sendMany(client, queue, [
      { type: "1" },
      { type: "2", key: "k" },
      { type: "3", delayMs: HOUR_MS },
      { type: "4" },
      { type: "5", key: "k" },
    ]);

    expect(ids).toHaveLength(5);
    expect(ids[4]).toBe(ids[1]);
    expect((await storedEvents(client, queue)).map((event) => event.type)).toEqual(["1", "2", "4"]);
    expect((await delayed()).map((event) => event.type)).toEqual(["3"]);
  });

  test.each<[string, (string | null)[]]>([
    ["an empty text alone", [""]],
    ["null alone", [null]],
    ["empty texts and nulls", ["", null, "", null, "NULL", "null"]],
    ["the character that separates texts on the way", ["a\u0001b", "\u0001", "\u0002"]],
    ["the character that stands for null on the way", ["\u0002", null, "\u0002\u0002"]],
  ])("in bulk texts arrive as they are: %s", async (_what, datas) => {
    await sendMany(
      client,
      queue,
      datas.map((data) => ({ type: "t", data, extra1: data })),
    );

    const stored = await storedEvents(client, queue);
    expect(stored.map(({ data }) => data)).toEqual(datas);
    expect(stored.map(({ extras }) => extras[0])).toEqual(datas);
  });

  test("nothing is sent if one of many events does not fit its schema", async () => {
    const typed = defineQueue(queue, { events: { n: z.number() } });

    const sent = sendMany(client, typed, [
      { type: "n", payload: 1 },
      { type: "n", payload: "x" as unknown as number },
    ]);

    await expect(sent).rejects.toMatchObject({ code: "PAYLOAD_INVALID" });
    expect(await storedEvents(client, queue)).toEqual([]);
    expect(await sendMany(client, typed, [])).toEqual([]);
  });

  test("a typed queue takes its types with their payloads only", async () => {
    const orders = defineQueue(queue, {
      events: {
        paid: z.object({ id: z.number() }),
        sent: v.object({ to: v.string() }),
        lost: type({ reason: "string" }),
        ping: z.undefined(),
      },
    });
    // Never called: what the compiler refuses.
    const wrong = async (): Promise<void> => {
      // @ts-expect-error the payload is of another type
      await send(client, orders, { type: "paid", payload: { id: "1" } });
      // @ts-expect-error the payload is missing
      await send(client, orders, { type: "sent" });
      // @ts-expect-error the payload belongs to another type
      await send(client, orders, { type: "sent", payload: { reason: "x" } });
      // @ts-expect-error there is no such type
      await send(client, orders, { type: "stolen", payload: {} });
      // @ts-expect-error in bulk as well
      await sendMany(client, orders, [{ type: "paid", payload: { id: 1 } }, { type: "paid" }]);
      // @ts-expect-error a key is needed
      await sendOnce(client, orders, { type: "ping" });
    };
    expect(wrong).toBeInstanceOf(Function);
    const event: EventInput<typeof orders> = { type: "sent", payload: { to: "you" }, extra1: "x" };

    await send(client, orders, { type: "paid", payload: { id: 1 } });
    await sendMany(client, orders, [event, { type: "lost", payload: { reason: "fire" } }, { type: "ping" }]);

    expect((await storedEvents(client, queue)).map(({ data }) => data)).toEqual([
      '{"id":1}',
      '{"to":"you"}',
      '{"reason":"fire"}',
      null,
    ]);
  });

  test("prepared statements do the same", async () => {
    const db = toExecutor(client, { prepare: true });

    await send(db, queue, { type: "a", payload: 1 });
    await send(db, queue, { type: "b", payload: 2, extra1: "x" });

    const { rows } = await client.query("select from pg_prepared_statements where name like 'skytools%'");
    expect(rows).toHaveLength(2);
    expect(await storedEvents(client, queue)).toMatchObject([{ data: "1" }, { data: "2" }]);
  });

  test("a queue that is closed for inserts says so", async () => {
    await client.query("update pgq.queue set queue_disable_insert = true where queue_name = $1", [queue]);

    await expect(send(client, queue, { type: "a" })).rejects.toMatchObject({ code: "QUEUE_CLOSED" });
    await expect(sendMany(client, queue, [{ type: "a" }])).rejects.toMatchObject({ code: "QUEUE_CLOSED" });
  });

  test("without PgQ in the database the error says what to do", async () => {
    await using empty = await createDatabase(major, "template1");
    const stranger = await empty.connect();

    await expect(send(stranger, queue, { type: "a" })).rejects.toMatchObject({
      code: "SCHEMA_TOO_OLD",
      hint: "run `skytools install pgq` in this database",
      details: { sqlstate: "3F000" },
    });
  });

  describe("traces", () => {
    const span = { traceId: "0af7651916cd43dd8448eb211c80319c", spanId: "b7ad6b7169203331", traceFlags: 1 };
    const traced = trace.setSpanContext(ROOT_CONTEXT, span);

    beforeAll(() => context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable()));
    afterAll(() => context.disable());

    const extra4Of = async (target: string): Promise<(string | null)[]> =>
      (await storedEvents(client, target)).map(({ extras }) => extras[3] ?? null);

    test("the trace goes with the event, unless its field is taken or the queue does not want it", async () => {
      const silent = defineQueue(queue, { traceContext: false });

      await context.with(traced, async () => {
        await send(client, queue, { type: "a" });
        await sendMany(client, queue, [{ type: "b" }, { type: "c", extra4: "mine" }]);
        await send(client, silent, { type: "d" });
      });
      await send(client, queue, { type: "e" });

      const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
      expect(await extra4Of(queue)).toEqual([traceparent, traceparent, "mine", null, null]);
    });
  });
});

describe("events that nobody means", () => {
  const nothing = toExecutor({ query: () => Promise.reject(new Error("a statement was sent")) });

  test.each<[string, unknown, RegExp]>([
    ["no object", "paid", /an event is an object/],
    ["an unknown field", { type: "a", payLoad: 1 }, /no field "payLoad"/],
    ["no type", { payload: 1 }, /type of an event must be a text/],
    ["payload and data", { type: "a", payload: 1, data: "1" }, /payload or data, not both/],
    ["data that is no text", { type: "a", data: 1 }, /data of an event must be a text/],
    ["key and delay", { type: "a", key: "k", delayMs: 1 }, /only one of/],
    ["delay and time", { type: "a", at: new Date(), delayMs: 1 }, /only one of/],
    ["a negative delay", { type: "a", delayMs: -1 }, /delayMs of an event must be a number of milliseconds/],
    ["a delay as text", { type: "a", delayMs: "1s" }, /delayMs of an event must be/],
    ["an invalid date", { type: "a", at: new Date(NaN) }, /not a valid date/],
    ["a lifetime of nothing", { type: "a", key: "k", keyLifetimeMs: 0 }, /keyLifetimeMs/],
    ["a very long key", { type: "a", key: "é".repeat(1_001) }, /more than 2000 bytes/],
  ])("are refused: %s", async (_what, event, message) => {
    const sent = send(nothing, "q", event as { type: string });

    await expect(sent).rejects.toThrow(message);
    await expect(sent).rejects.toMatchObject({ code: "WRONG_USE" });
  });

  test("data given as it is has to fit the schema all the same", async () => {
    const typed = defineQueue("q", { events: { n: z.number() } });
    const event = { type: "n", data: '"x"' } as unknown as { type: "n"; payload: number };

    await expect(send(nothing, typed, event)).rejects.toMatchObject({ code: "PAYLOAD_INVALID" });
  });
});
