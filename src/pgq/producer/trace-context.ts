// The trace that the producer works in, if OpenTelemetry is set up in this process. Its API leaves what is registered
// under a symbol that all its 1.x versions share, so nothing has to be imported, or be installed.

interface OtelGlobal {
  readonly context?: { active(): { getValue(key: symbol): unknown } };
}

interface SpanContext {
  readonly traceId: string;
  readonly spanId: string;
  readonly traceFlags: number;
}

const API = Symbol.for("opentelemetry.js.api.1");
const SPAN_KEY = Symbol.for("OpenTelemetry Context Key SPAN");
const NO_TRACE = /^0*$/;

/** W3C traceparent of the active span; null without one. Source: W3C Trace Context, 3.2. */
export function currentTraceparent(): string | null {
  const api = (globalThis as Record<symbol, OtelGlobal | undefined>)[API];
  const span = api?.context?.active().getValue(SPAN_KEY) as { spanContext(): SpanContext } | undefined;
  if (span === undefined) return null;
  const { traceId, spanId, traceFlags } = span.spanContext();
  if (NO_TRACE.test(traceId) || NO_TRACE.test(spanId)) return null;
  return `00-${traceId}-${spanId}-${(traceFlags & 0xff).toString(16).padStart(2, "0")}`;
}
