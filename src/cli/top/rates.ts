// Rates between two looks: what came in by queue, what each consumer has passed.
import type { ConsumerStatus, QueueStatus } from "../../pgq/index.ts";

export interface Look {
  /** Milliseconds of a clock that goes on evenly. */
  readonly atMs: number;
  readonly queues: readonly QueueStatus[];
  readonly consumers: readonly ConsumerStatus[];
}

export interface Line {
  readonly queue: string;
  /** null: the line of the queue itself. */
  readonly consumer: string | null;
  /** Events a second that came in, or that the consumer passed; null at the first look. By the sequence. */
  readonly perSecond: number | null;
  readonly pending: number | null;
  readonly behindMs: number | null;
  readonly lastSeenMs: number | null;
  readonly batch: bigint | null;
  /** Of a queue: events that wait for their time. */
  readonly delayed: number | null;
  /** Of a consumer: dead letters. */
  readonly dead: number | null;
}

/** One line a queue and one a consumer. */
export function toLines(now: Look, before: Look | null): readonly Line[] {
  const seconds = before === null ? 0 : (now.atMs - before.atMs) / 1000;
  const incoming = new Map(now.queues.map((queue) => [queue.queue, received(queue, before)]));
  const queues = now.queues.map((queue): Line => {
    const events = incoming.get(queue.queue) ?? null;
    return {
      queue: queue.queue,
      consumer: null,
      perSecond: perSecond(events, seconds) ?? queue.eventsPerSecond,
      pending: queue.newEvents === null ? null : Number(queue.newEvents),
      behindMs: null,
      lastSeenMs: queue.tickAgeMs,
      batch: null,
      delayed: queue.delayedEvents === null ? null : Number(queue.delayedEvents),
      dead: null,
    };
  });
  const consumers = now.consumers.map((consumer): Line => {
    const events = passed(consumer, now, before);
    return {
      queue: consumer.queue,
      consumer: consumer.consumer,
      perSecond: perSecond(events, seconds),
      pending: consumer.pendingEvents === null ? null : Number(consumer.pendingEvents),
      behindMs: consumer.behindMs,
      lastSeenMs: consumer.lastSeenMs,
      batch: consumer.batch,
      delayed: null,
      dead: consumer.deadLetters === null ? null : Number(consumer.deadLetters),
    };
  });
  return [...queues, ...consumers];
}

/** Position of the event sequence: that of the newest tick and what is new since, against some fixed start. */
function received(queue: QueueStatus, before: Look | null): number | null {
  const old = before?.queues.find((q) => q.queue === queue.queue);
  if (old?.eventSequence == null || queue.eventSequence === null) return null;
  return Number(queue.eventSequence - old.eventSequence);
}

function passed(consumer: ConsumerStatus, now: Look, before: Look | null): number | null {
  const old = before?.consumers.find((c) => c.queue === consumer.queue && c.consumer === consumer.consumer);
  const position = eventPosition(consumer, now);
  const oldPosition = old === undefined || before === null ? null : eventPosition(old, before);
  return position === null || oldPosition === null ? null : Number(position - oldPosition);
}

/** Where a consumer is by the event sequence. */
function eventPosition({ queue, pendingEvents }: ConsumerStatus, look: Look): bigint | null {
  const status = look.queues.find((q) => q.queue === queue);
  if (status === undefined || status.eventSequence === null || status.newEvents === null || pendingEvents === null)
    return null;
  return status.eventSequence - status.newEvents - pendingEvents;
}

function perSecond(events: number | null, seconds: number): number | null {
  return events === null || seconds <= 0 ? null : events / seconds;
}
