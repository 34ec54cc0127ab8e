// Watching the handler of single events: a span for each, active while the handler runs, and a message when it is done.
// Whether anybody looks is asked once a chunk, so that the loop over the events is as it is without.
import { systemClock } from "../../clock/index.ts";
import type { ConsumedEvent } from "../consumer/event.ts";
import type { BatchInfo } from "../consumer/seam.ts";
import { eventChannel, type EventOutcome } from "./channels.ts";
import type { OtelTracer } from "./otel.ts";
import { type Span, startProcess } from "./span.ts";
import { fromTraceField } from "./trace-field.ts";

export class EventWatch {
  readonly #batch: BatchInfo;
  readonly #tracer: OtelTracer | null;
  readonly #outcomeOf: (eventId: bigint) => EventOutcome;
  #span: Span | null = null;
  #startedAt = 0;

  constructor(batch: BatchInfo, tracer: OtelTracer | null, outcomeOf: (eventId: bigint) => EventOutcome) {
    this.#batch = batch;
    this.#tracer = tracer;
    this.#outcomeOf = outcomeOf;
  }

  /** Runs the handler for an event. One that throws is not over before failed() was called. */
  async run(event: ConsumedEvent, handler: () => unknown): Promise<void> {
    this.#startedAt = systemClock.monotonicMs();
    this.#span = this.#startSpan(event);
    await (this.#span === null ? handler() : this.#span.run(handler));
    this.#over(event, this.#outcomeOf(event.id), null);
  }

  /** The handler threw `error`; `outcome` is what that means for the event. @throws as `outcome` */
  async failed(event: ConsumedEvent, error: unknown, outcome: Promise<EventOutcome>): Promise<void> {
    this.#span?.failed(error);
    let what: EventOutcome = "given-up";
    try {
      what = await outcome;
    } finally {
      this.#over(event, what, error);
    }
  }

  #startSpan(event: ConsumedEvent): Span | null {
    if (this.#tracer === null) return null;
    const sender = fromTraceField(event.extra4);
    const { queue, consumer, id } = this.#batch;
    return startProcess(this.#tracer, {
      queue,
      consumer,
      parent: sender,
      links: sender === null ? [] : [sender],
      attributes: {
        "messaging.message.id": String(event.id),
        "pgq.batch.id": String(id),
        "pgq.event.retries": event.retries,
        ...(event.type === null ? {} : { "pgq.event.type": event.type }),
      },
    });
  }

  #over(event: ConsumedEvent, outcome: EventOutcome, error: unknown): void {
    this.#span?.end({ "pgq.event.outcome": outcome });
    this.#span = null;
    if (!eventChannel.hasSubscribers) return;
    const { queue, consumer, id: batchId } = this.#batch;
    const { id: eventId, type, retries } = event;
    const durationMs = systemClock.monotonicMs() - this.#startedAt;
    eventChannel.publish({ queue, consumer, batchId, eventId, type, retries, outcome, error, durationMs });
  }
}
