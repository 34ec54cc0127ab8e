// The handler form for single events: every event by itself, and a failure concerns that event only.
import { SkytoolsError } from "../../errors/index.ts";
import type { QueueOrName } from "../queue.ts";
import { eventChannel, type EventOutcome } from "../telemetry/channels.ts";
import { EventWatch } from "../telemetry/event-watch.ts";
import type { ConsumedEvent, EventOf } from "./event.ts";
import { EventTransaction, type Transaction } from "./event-transaction.ts";
import { concernsBatch, reasonOf } from "./failure.ts";
import type { Settings } from "./options.ts";
import type { Pass } from "./pass.ts";
import type { Reporter } from "./reports.ts";
import { retryDelayMs } from "./retry-policy.ts";
import { stopped } from "./unless-aborted.ts";

/** What a handler gets besides the event or batch and the transaction. */
export interface HandlerContext {
  /** Aborted when the work must end at once. */
  readonly signal: AbortSignal;
}

/** Resolves: the event is done. Throws: it is tried again later, as the retry policy says. */
export type EventHandler<Q extends QueueOrName> = (
  event: EventOf<Q>,
  tx: Transaction,
  context: HandlerContext,
) => unknown;

export async function handleEvents<Q extends QueueOrName>(
  pass: Pass<Q>,
  handler: EventHandler<Q>,
  settings: Settings,
  reporter: Reporter,
): Promise<void> {
  const transaction = new EventTransaction(pass.work.tx);
  const context: HandlerContext = { signal: pass.signal };
  for await (const events of pass.batch.chunks()) {
    const watch = watchOf(pass);
    for (const event of events) {
      if (pass.signal.aborted) throw stopped();
      try {
        transaction.nextEvent();
        if (watch !== null) {
          await runWatched(watch, handler, event, transaction, context);
          continue;
        }
        const result = handler(event, transaction, context);
        if (isThenable(result)) await result;
      } catch (error) {
        const outcome = failed(pass, consumed(event), error, transaction, settings, reporter);
        await (watch === null ? outcome : watch.failed(consumed(event), error, outcome));
      }
    }
  }
}

/** null: nobody looks. */
function watchOf<Q extends QueueOrName>(pass: Pass<Q>): EventWatch | null {
  const { tracer } = pass;
  if (tracer === null && !eventChannel.hasSubscribers) return null;
  return new EventWatch(pass.batch.info, tracer, (eventId) => pass.outcomes.of(eventId));
}

/** Outside of the loop: a closure there would cost every event an allocation, also when nobody looks. */
function runWatched<Q extends QueueOrName>(
  watch: EventWatch,
  handler: EventHandler<Q>,
  event: EventOf<Q>,
  transaction: Transaction,
  context: HandlerContext,
): Promise<void> {
  return watch.run(consumed(event), () => handler(event, transaction, context));
}

function consumed<Q extends QueueOrName>(event: EventOf<Q>): ConsumedEvent {
  return event as unknown as ConsumedEvent;
}

/** Takes back what the handler did for the event and decides what becomes of it. @throws what concerns the batch */
async function failed<Q extends QueueOrName>(
  pass: Pass<Q>,
  event: ConsumedEvent,
  error: unknown,
  transaction: EventTransaction,
  { retry, onExhausted }: Settings,
  reporter: Reporter,
): Promise<EventOutcome> {
  if (pass.signal.aborted) throw stopped(error);
  if (retry === null || !pass.canRetry || concernsBatch(error)) throw error;
  const isExhausted = event.retries >= retry.maxRetries;
  if (isExhausted && onExhausted === "stop") {
    throw new SkytoolsError(
      "RETRIES_EXHAUSTED",
      `event ${event.id} of queue ${event.queue} failed ${event.retries + 1} times`,
      {
        hint: "the cause says why; the consumer stands at this event's batch",
        details: { queue: event.queue, eventId: event.id },
        cause: error,
      },
    );
  }
  await transaction.undo();
  if (isExhausted) event.deadLetter(reasonOf(error));
  else event.retry({ delayMs: retryDelayMs(retry, event.retries) });
  const outcome = isExhausted ? "dead-letter" : "retry";
  reporter.tell("eventFailure", { error, batch: pass.batch.info, eventId: event.id, outcome, retries: event.retries });
  return outcome;
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && "then" in value;
}
