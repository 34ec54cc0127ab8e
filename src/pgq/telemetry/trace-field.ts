// The trace as it travels in ev_extra4: a traceparent, and behind a blank the tracestate, if there is one. The field
// belongs to the producer: other texts in it are no business of ours.
// Source: W3C Trace Context, 3.2 and 3.3.
import type { SpanContext } from "./otel.ts";
import { parseTraceState } from "./trace-state.ts";

const NO_TRACE = /^0*$/;
const TRACEPARENT = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;
const TRACEPARENT_CHARS = 55;
const INVALID_VERSION = "ff";

/** null for a span of a tracer that does nothing. */
export function toTraceField({ traceId, spanId, traceFlags, traceState }: SpanContext): string | null {
  if (NO_TRACE.test(traceId) || NO_TRACE.test(spanId)) return null;
  const traceparent = `00-${traceId}-${spanId}-${(traceFlags & 0xff).toString(16).padStart(2, "0")}`;
  const state = traceState?.serialize() ?? "";
  return state === "" || parseTraceState(state) === null ? traceparent : `${traceparent} ${state}`;
}

/** null: the text is something else. */
export function fromTraceField(text: string | null): SpanContext | null {
  if (text === null || text.length < TRACEPARENT_CHARS) return null;
  const [, version, traceId = "", spanId = "", flags = ""] = TRACEPARENT.exec(text.slice(0, TRACEPARENT_CHARS)) ?? [];
  if (version === undefined || version === INVALID_VERSION || NO_TRACE.test(traceId) || NO_TRACE.test(spanId)) {
    return null;
  }
  const context = { traceId, spanId, traceFlags: Number.parseInt(flags, 16), isRemote: true };
  if (text.length === TRACEPARENT_CHARS) return context;
  const traceState = text.charAt(TRACEPARENT_CHARS) === " " ? parseTraceState(text.slice(TRACEPARENT_CHARS + 1)) : null;
  return traceState === null ? null : { ...context, traceState };
}
