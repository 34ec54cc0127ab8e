// Watching a call that sends: a span around it, and a message when it is over.
import { systemClock } from "../../clock/index.ts";
import type { Queue } from "../queue.ts";
import { type SendMessage, sendChannel } from "./channels.ts";
import { activeSpanContext, currentTracer } from "./otel.ts";
import { startSend } from "./span.ts";
import { toTraceField } from "./trace-field.ts";

export interface Sending<T> {
  readonly queue: Queue;
  readonly method: SendMessage["method"];
  readonly counted: (result: T) => Pick<SendMessage, "events" | "ids">;
}

/** `work` gets what to note in ev_extra4 of events that do not use it. */
export async function watchSending<T>(
  sending: Sending<T>,
  work: (traceField: string | null) => Promise<T>,
): Promise<T> {
  const { traceContext } = sending.queue;
  const tracer = traceContext ? currentTracer() : null;
  const isWatched = sendChannel.hasSubscribers;
  if (tracer === null && !isWatched) return await work(traceContext ? activeTraceField() : null);
  const startedAt = systemClock.monotonicMs();
  const span = tracer === null ? null : startSend(tracer, sending.queue.name);
  const tell = (counts: Pick<SendMessage, "events" | "ids">, error: unknown): void => {
    span?.end(attributesOf(sending.method, counts));
    if (!isWatched) return;
    const durationMs = systemClock.monotonicMs() - startedAt;
    sendChannel.publish({ queue: sending.queue.name, method: sending.method, ...counts, durationMs, error });
  };
  try {
    const result =
      span === null
        ? await work(traceContext ? activeTraceField() : null)
        : await span.run(() => work(toTraceField(span.context)));
    tell(sending.counted(result), null);
    return result;
  } catch (error) {
    span?.failed(error);
    tell({ events: 0, ids: null }, error);
    throw error;
  }
}

function activeTraceField(): string | null {
  const context = activeSpanContext();
  return context === null ? null : toTraceField(context);
}

function attributesOf(
  method: SendMessage["method"],
  { events, ids }: Pick<SendMessage, "events" | "ids">,
): Record<string, string | number> {
  if (method !== "send") return { "messaging.batch.message_count": events };
  const id = ids?.[0];
  return id === undefined ? {} : { "messaging.message.id": String(id) };
}
