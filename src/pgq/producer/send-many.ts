// Sending many events with few statements: arrays of a thousand.
import type { ExecutorSource } from "../drivers/executor-source.ts";
import type { Executor } from "../database.ts";
import { toExecutor } from "../drivers/to-executor.ts";
import { type Queue, type QueueOrName, toQueue } from "../queue.ts";
import { insertEvents, insertEventsDelayed, insertEventsOnce } from "../sql-calls/insert-many.ts";
import { watchSending } from "../telemetry/sending.ts";
import type { EventInput, UntypedEvent } from "./event-input.ts";
import { explained } from "./explain-error.ts";
import { toWire, type WireEvent } from "./wire-event.ts";

/** What more events in a statement would gain is not worth the memory. */
const STATEMENT_EVENTS = 1_000;
/** Characters of payload in a statement, unless one event alone has more. */
const STATEMENT_CHARS = 8_000_000;

/**
 * Sends many events in the transaction that `db` is in, with one statement a thousand. Without a transaction each
 * statement is one of its own. Nothing is sent if one of the events does not fit its schema.
 * @returns ids in the order of the events
 * @throws as send()
 */
export async function sendMany<Q extends QueueOrName>(
  db: ExecutorSource,
  queue: Q,
  events: Iterable<EventInput<Q>>,
): Promise<bigint[]> {
  const executor = toExecutor(db);
  const target = toQueue(queue);
  return await watchSending({ queue: target, method: "sendMany", counted: countIds }, (traceField) =>
    insertAll(executor, target, events, traceField),
  );
}

const countIds = (ids: bigint[]): { events: number; ids: bigint[] } => ({ events: ids.length, ids });

async function insertAll(
  executor: Executor,
  target: Queue,
  events: Iterable<UntypedEvent>,
  traceField: string | null,
): Promise<bigint[]> {
  const wires: WireEvent[] = [];
  for (const event of events) {
    const wire = toWire(target, event, traceField);
    wires.push(wire instanceof Promise ? await wire : wire); // waiting for nothing costs as much as all the rest
  }
  const ids: bigint[] = [];
  for (const chunk of chunks(wires)) {
    const insert = inserts[kindOf(chunk[0])];
    const inserted = await explained(target.name, () => insert(executor, target.name, chunk));
    for (const id of inserted) ids.push(id);
  }
  return ids;
}

const inserts = { plain: insertEvents, once: insertEventsOnce, delayed: insertEventsDelayed } as const;

function kindOf(event: WireEvent): keyof typeof inserts {
  if (event.key !== null) return "once";
  return event.delayMs !== null || event.at !== null ? "delayed" : "plain";
}

/** Neighbours that one statement can insert. */
function* chunks(events: readonly WireEvent[]): Generator<readonly [WireEvent, ...WireEvent[]]> {
  let chunk: [WireEvent, ...WireEvent[]] | undefined;
  let chars = 0;
  for (const event of events) {
    const size = event.data?.length ?? 0;
    if (
      chunk !== undefined &&
      fits(chunk[0], event) &&
      chunk.length < STATEMENT_EVENTS &&
      chars + size <= STATEMENT_CHARS
    ) {
      chunk.push(event);
      chars += size;
      continue;
    }
    if (chunk !== undefined) yield chunk;
    chunk = [event];
    chars = size;
  }
  if (chunk !== undefined) yield chunk;
}

function fits(first: WireEvent, next: WireEvent): boolean {
  return kindOf(first) === kindOf(next) && (first.key === null || first.keyLifetimeMs === next.keyLifetimeMs);
}
