// Watching a batch from its opening to its end: messages, and in the batch form a span.
import { systemClock } from "../../clock/index.ts";
import type { BatchInfo } from "../consumer/seam.ts";
import type { EventRow } from "../consumer/event.ts";
import { batchChannel } from "./channels.ts";
import type { OtelTracer, SpanContext } from "./otel.ts";
import { type Span, startProcess } from "./span.ts";
import { fromTraceField } from "./trace-field.ts";

/** What OpenTelemetry's SDK takes by default. */
const MAX_LINKS = 128;
const EXTRA4 = 9;

export interface BatchCounts {
  readonly events: number;
  readonly retried: number;
  readonly dead: number;
}

export class BatchWatch {
  readonly #batch: BatchInfo;
  readonly #startedAt = systemClock.monotonicMs();
  #span: Span | null = null;

  constructor(batch: BatchInfo) {
    this.#batch = batch;
    if (batchChannel.hasSubscribers) batchChannel.publish({ state: "opened", batch });
  }

  /** Begins a span, linked to the spans that sent the events of `rows`. */
  trace(tracer: OtelTracer, rows: readonly EventRow[]): void {
    const { queue, consumer, id } = this.#batch;
    const attributes = { "pgq.batch.id": String(id) };
    this.#span = startProcess(tracer, { queue, consumer, parent: null, links: sendersOf(rows), attributes });
  }

  /** With the span, if there is one, as the active one. */
  run<T>(work: () => T): T {
    return this.#span === null ? work() : this.#span.run(work);
  }

  finished(counts: BatchCounts): void {
    this.#span?.end({ "messaging.batch.message_count": counts.events });
    if (!batchChannel.hasSubscribers) return;
    batchChannel.publish({ state: "finished", batch: this.#batch, ...counts, durationMs: this.#durationMs() });
  }

  givenUp(events: number, error: unknown): void {
    this.#span?.failed(error);
    this.#span?.end({ "messaging.batch.message_count": events });
    if (!batchChannel.hasSubscribers) return;
    batchChannel.publish({ state: "given-up", batch: this.#batch, events, error, durationMs: this.#durationMs() });
  }

  #durationMs(): number {
    return systemClock.monotonicMs() - this.#startedAt;
  }
}

/** Each once: many events of one transaction come from one span. */
function sendersOf(rows: readonly EventRow[]): readonly SpanContext[] {
  const senders = new Map<string, SpanContext>();
  for (const row of rows) {
    const field = row[EXTRA4];
    if (field === null || senders.has(field)) continue;
    const sender = fromTraceField(field);
    if (sender !== null) senders.set(field, sender);
    if (senders.size === MAX_LINKS) break;
  }
  return [...senders.values()];
}
