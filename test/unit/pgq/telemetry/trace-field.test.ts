// How a trace is written into ev_extra4, and what is taken for one when it is read.
import { createTraceState } from "@opentelemetry/api";
import fc from "fast-check";
import { expect, test } from "vitest";
import { fromTraceField, toTraceField } from "../../../../src/pgq/telemetry/trace-field.ts";

const traceId = "0af7651916cd43dd8448eb211c80319c";
const spanId = "b7ad6b7169203331";
const traceparent = `00-${traceId}-${spanId}-01`;

test("a span's ids become a traceparent", () => {
  expect(toTraceField({ traceId, spanId, traceFlags: 1 })).toBe(traceparent);
});

test("a tracestate stands behind the traceparent and a blank", () => {
  const traceState = createTraceState("rojo=00f067aa0ba902b7,congo=t61rcWkgMzE");

  expect(toTraceField({ traceId, spanId, traceFlags: 1, traceState })).toBe(
    `${traceparent} rojo=00f067aa0ba902b7,congo=t61rcWkgMzE`,
  );
});

test("a tracestate that nobody could read is left out", () => {
  const traceState = { serialize: () => "kein=Zustand,é=1" };

  expect(toTraceField({ traceId, spanId, traceFlags: 0, traceState })).toBe(`00-${traceId}-${spanId}-00`);
});

test("a span of a tracer that does nothing leaves no trace", () => {
  expect(toTraceField({ traceId: "0".repeat(32), spanId: "0".repeat(16), traceFlags: 0 })).toBeNull();
});

test("what was written is read", () => {
  const read = fromTraceField(`${traceparent} rojo=1,congo=2`);

  expect(read).toMatchObject({ traceId, spanId, traceFlags: 1, isRemote: true });
  expect(read?.traceState?.serialize()).toBe("rojo=1,congo=2");
  expect(fromTraceField(traceparent)).toEqual({ traceId, spanId, traceFlags: 1, isRemote: true });
});

test("what was read can be changed as the interface of OpenTelemetry says", () => {
  const state = fromTraceField(`${traceparent} rojo=1,congo=2`)?.traceState as ReturnType<typeof createTraceState>;

  expect(state.get("congo")).toBe("2");
  expect(state.get("none")).toBeUndefined();
  expect(state.set("congo", "3").serialize()).toBe("congo=3,rojo=1");
  expect(state.unset("rojo").serialize()).toBe("congo=2");
});

test.each([
  ["nothing", null],
  ["an empty text", ""],
  ["somebody's own text", '{"by":"me","and":"it is quite a bit longer than a traceparent"}'],
  ["a traceparent of zeros", `00-${"0".repeat(32)}-${spanId}-01`],
  ["an invalid version", `ff-${traceId}-${spanId}-01`],
  ["capital letters", traceparent.toUpperCase()],
  ["a traceparent in a longer text", `${traceparent}0`],
  ["a traceparent and prose", `${traceparent} is what I got`],
])("is no trace: %s", (_what, text) => {
  expect(fromTraceField(text)).toBeNull();
});

test("no text is too odd to be looked at", () => {
  fc.assert(fc.property(fc.string(), (text) => fromTraceField(`${traceparent.slice(0, 40)}${text}`) === null));
});
