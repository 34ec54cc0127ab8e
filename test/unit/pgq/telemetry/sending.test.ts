// What sending does about traces when OpenTelemetry is set up in part, or not at all.
import { trace } from "@opentelemetry/api";
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base";
import { afterEach, expect, test } from "vitest";
import { send, sendMany } from "../../../../src/pgq/public.ts";
import { activeSpanContext, currentTracer } from "../../../../src/pgq/telemetry/otel.ts";

/** Answers as a server would and keeps what was sent. */
function fakeServer(): { readonly params: unknown[][]; query: (sql: string, params?: readonly unknown[]) => unknown } {
  const params: unknown[][] = [];
  return {
    params,
    query(sql, given = []) {
      params.push([...given]);
      return Promise.resolve([sql.includes("insert_events") ? { ids: "{7,8}" } : { id: "7" }]);
    },
  };
}

afterEach(() => trace.disable());

test("without OpenTelemetry nothing is noted in extra4, and nothing is asked of it", async () => {
  const server = fakeServer();

  await send(server as never, "orders", { type: "a", payload: 1 });

  expect(currentTracer()).toBeNull();
  expect(activeSpanContext()).toBeNull();
  expect(JSON.stringify(server.params)).not.toContain("00-");
});

test("with a tracer provider and nothing that keeps contexts, the span of the call is noted all the same", async () => {
  const exporter = new InMemorySpanExporter();
  trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }));
  const server = fakeServer();

  await sendMany(server as never, "orders", [{ type: "a" }, { type: "b", extra4: "mine" }]);

  const [span] = exporter.getFinishedSpans();
  const text = JSON.stringify(server.params);
  expect(
    text.match(new RegExp(`00-${span!.spanContext().traceId}-${span!.spanContext().spanId}-01`, "g")),
  ).toHaveLength(1);
  expect(text).toContain("mine");
});
