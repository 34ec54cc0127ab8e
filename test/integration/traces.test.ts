// A trace goes through a queue: with OpenTelemetry set up as an application does it.
import { SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import type { ReadableSpan } from "@opentelemetry/sdk-trace-base";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createConsumer, defineQueue, send, sendMany } from "../../src/pgq/public.ts";
import { type ConsumerSide, createConsumerSide, type Opened } from "../harness/consumer-side.ts";
import { tick } from "../harness/consumer-queue.ts";
import { majors } from "../harness/database.ts";
import { type SpanWatch, watchSpans } from "../harness/watch-spans.ts";
import { until } from "../harness/until.ts";

/** As the program's own work would be, around the calls of the library. */
function inSpan<T>(name: string, work: () => Promise<T>): Promise<T> {
  return trace.getTracer("application").startActiveSpan(name, async (span) => {
    const result = await work();
    span.end();
    return result;
  });
}

const idsOf = (span: ReadableSpan | undefined): readonly [string, string] => [
  span!.spanContext().traceId,
  span!.spanContext().spanId,
];
const parentOf = (span: ReadableSpan | undefined): readonly [string, string] => [
  span!.parentSpanContext!.traceId,
  span!.parentSpanContext!.spanId,
];

async function counted(things: AsyncIterable<unknown>): Promise<number> {
  let count = 0;
  for await (const thing of things) count += thing === undefined ? 0 : 1;
  return count;
}

describe.each(majors())("traces on PostgreSQL %i", (major) => {
  let side: ConsumerSide;
  let watch: SpanWatch;
  let opened: Opened;
  let queue: string;

  beforeAll(async () => {
    side = await createConsumerSide(major);
  });
  afterAll(() => side[Symbol.asyncDispose]());
  beforeEach(async () => {
    watch = watchSpans();
    opened = await side.open({ retry: { delayMs: 0, maxRetries: 1 } });
    queue = opened.queue.name;
  });
  afterEach(() => watch[Symbol.dispose]());

  test("a trace that begins at the producer goes on in the consumer's handler", async () => {
    const id = await inSpan("order", () => send(side.client, queue, { type: "paid", payload: 1 }));
    await tick(side.client, opened.queue);
    await opened.consumer.run(async () => {
      await inSpan("mail", () => Promise.resolve());
      void opened.consumer.stop();
    });

    const [order] = watch.spans("order");
    const [sent] = watch.spans(`send ${queue}`);
    const [processed] = watch.spans(`process ${queue}`);
    expect(parentOf(sent)).toEqual(idsOf(order));
    expect(parentOf(processed)).toEqual(idsOf(sent));
    expect(parentOf(watch.spans("mail")[0])).toEqual(idsOf(processed));
    expect(sent).toMatchObject({
      kind: SpanKind.PRODUCER,
      attributes: {
        "messaging.system": "pgq",
        "messaging.operation.name": "send",
        "messaging.operation.type": "send",
        "messaging.destination.name": queue,
        "messaging.message.id": String(id),
      },
    });
    expect(processed).toMatchObject({
      kind: SpanKind.CONSUMER,
      attributes: {
        "messaging.system": "pgq",
        "messaging.operation.name": "process",
        "messaging.operation.type": "process",
        "messaging.destination.name": queue,
        "messaging.consumer.group.name": "c",
        "messaging.message.id": String(id),
        "pgq.event.type": "paid",
        "pgq.event.retries": 0,
        "pgq.event.outcome": "done",
      },
      status: { code: SpanStatusCode.UNSET },
    });
    expect(processed!.links.map((link) => link.context.spanId)).toEqual([sent!.spanContext().spanId]);
  });

  test("a handler that fails leaves its error in the span, and the retry belongs to the same trace", async () => {
    await send(side.client, queue, { type: "a" });
    await tick(side.client, opened.queue);
    let calls = 0;
    const running = opened.consumer.run(() => {
      calls += 1;
      if (calls === 2) void opened.consumer.stop();
      if (calls === 1) throw new RangeError("too far");
    });
    await until(() => calls === 1);
    await until(async () => {
      await side.client.query("select pgq.maint_retry_events()");
      await tick(side.client, opened.queue);
      return calls === 2;
    });
    await running;

    const [sent] = watch.spans(`send ${queue}`);
    const [failed, again] = watch.spans(`process ${queue}`);
    expect(failed).toMatchObject({
      status: { code: SpanStatusCode.ERROR, message: "too far" },
      attributes: { "error.type": "RangeError", "pgq.event.outcome": "retry", "pgq.event.retries": 0 },
      events: [{ name: "exception" }],
    });
    expect(again).toMatchObject({
      status: { code: SpanStatusCode.UNSET },
      attributes: { "pgq.event.outcome": "done", "pgq.event.retries": 1 },
    });
    expect(parentOf(failed)).toEqual(idsOf(sent));
    expect(parentOf(again)).toEqual(idsOf(sent));
  });

  test("a batch has one span, linked to all who sent its events, and active while it is worked on", async () => {
    await sendMany(side.client, queue, [{ type: "a" }, { type: "b" }]);
    await send(side.client, queue, { type: "c" });
    await tick(side.client, opened.queue);

    await opened.consumer.runBatches(async (batch) => {
      await inSpan("work", async () => {
        expect(await counted(batch)).toBe(3);
      });
      void opened.consumer.stop();
    });

    const sent = [...watch.spans(`send ${queue}`)];
    const [processed, ...others] = watch.spans(`process ${queue}`);
    expect(others).toEqual([]);
    expect(processed!.parentSpanContext).toBeUndefined();
    expect(processed!.links.map((link) => link.context.spanId)).toEqual(sent.map((span) => span.spanContext().spanId));
    expect(processed).toMatchObject({ kind: SpanKind.CONSUMER, attributes: { "messaging.batch.message_count": 3 } });
    expect(sent[0]).toMatchObject({ attributes: { "messaging.batch.message_count": 2 } });
    expect(parentOf(watch.spans("work")[0])).toEqual(idsOf(processed));
  });

  test("a loop over batches has a span for each; that of a batch that is left half-read has the error", async () => {
    await send(side.client, queue, { type: "a" });
    await tick(side.client, opened.queue);
    for await (const batch of opened.again().batches()) {
      await counted(batch);
      await batch.ack();
      break;
    }
    await opened.add(2);
    await expect(counted(opened.again().batches())).rejects.toMatchObject({ code: "BATCH_LEFT_OPEN" });

    const [done, left] = watch.spans(`process ${queue}`);
    expect(done).toMatchObject({ status: { code: SpanStatusCode.UNSET } });
    expect(left).toMatchObject({
      status: { code: SpanStatusCode.ERROR },
      attributes: { "error.type": "BATCH_LEFT_OPEN" },
    });
  });

  test("extra4 of a producer who uses it arrives as it was, and begins a trace of its own", async () => {
    const own = "00-mine";
    await send(side.client, queue, { type: "a", extra4: own });
    await tick(side.client, opened.queue);
    const seen: (string | null)[] = [];
    await opened.consumer.run((event) => {
      seen.push(event.extra4);
      void opened.consumer.stop();
    });

    const [processed] = watch.spans(`process ${queue}`);
    expect(seen).toEqual([own]);
    expect(processed!.parentSpanContext).toBeUndefined();
    expect(processed!.links).toEqual([]);
  });

  test("a send that fails has the error in its span", async () => {
    const missing = `${queue}_none`;

    await expect(send(side.client, missing, { type: "a" })).rejects.toMatchObject({ code: "QUEUE_UNKNOWN" });

    expect(watch.spans(`send ${missing}`)).toMatchObject([
      { status: { code: SpanStatusCode.ERROR }, attributes: { "error.type": "QUEUE_UNKNOWN" } },
    ]);
  });

  test("neither a queue nor a consumer that does not want spans has any", async () => {
    const silent = defineQueue(queue, { traceContext: false });
    const seen: (string | null)[] = [];
    await send(side.client, silent, { type: "a" });
    await tick(side.client, opened.queue);
    const first = createConsumer({ ...{ database: side.pool, queue: silent, consumer: "c" }, listen: false });
    await first.run((event) => {
      seen.push(event.extra4);
      void first.stop();
    });
    await send(side.client, queue, { type: "b" });
    await tick(side.client, opened.queue);
    const second = opened.again({ tracing: false });
    await second.run(() => void second.stop());

    expect(seen).toEqual([null]);
    expect(watch.spans().map(({ name }) => name)).toEqual([`send ${queue}`]);
  });
});
