// Streaming any number of events into a queue by COPY, straight into the table that takes its events now. The fastest
// way there is; it needs the right to insert into that table, which members of pgq_admin have.
import { SkytoolsError } from "../../errors/index.ts";
import { type CopyTarget, type CopyTargetSource, withCopyTarget } from "../drivers/copy-target.ts";
import { type Queue, type QueueOrName, toQueue } from "../queue.ts";
import { currentEventTable } from "../sql-calls/insert.ts";
import { watchSending } from "../telemetry/sending.ts";
import type { EventInput, UntypedEvent } from "./event-input.ts";
import { explained } from "./explain-error.ts";
import { toWire } from "./wire-event.ts";

/** Rows are gathered to chunks of about this size. */
const CHUNK_CHARS = 64 * 1024;

/**
 * Copies events into the queue in the transaction that `db` is in, or in one of its own. Memory does not grow with
 * their number.
 * @returns number of events
 * @throws as send(); 42501 of the driver without the right to insert into the queue's tables
 */
export async function copyEvents<Q extends QueueOrName>(
  db: CopyTargetSource,
  queue: Q,
  events: AsyncIterable<EventInput<Q>> | Iterable<EventInput<Q>>,
): Promise<number> {
  const target = toQueue(queue);
  const isInTransaction = async (executor: CopyTarget["db"]): Promise<boolean> =>
    (await currentEventTable(executor, target.name)) !== null;
  return await watchSending({ queue: target, method: "copyEvents", counted }, (traceField) =>
    explained(target.name, () =>
      withCopyTarget(db, isInTransaction, (session) => copyInto(session, target, events, traceField)),
    ),
  );
}

const counted = (events: number): { events: number; ids: null } => ({ events, ids: null });

async function copyInto(
  { db, copyFrom }: CopyTarget,
  queue: Queue,
  events: AsyncIterable<UntypedEvent> | Iterable<UntypedEvent>,
  traceField: string | null,
): Promise<number> {
  const table = await currentEventTable(db, queue.name);
  if (table === null) throw new SkytoolsError("WRONG_USE", "the transaction ended while events were copied");
  const columns = "ev_time, ev_type, ev_data, ev_extra1, ev_extra2, ev_extra3, ev_extra4";
  return await copyFrom(`copy ${quoted(table)} (${columns}) from stdin`, copyText(queue, events, traceField));
}

async function* copyText(
  queue: Queue,
  events: AsyncIterable<UntypedEvent> | Iterable<UntypedEvent>,
  traceField: string | null,
): AsyncGenerator<string> {
  let chunk = "";
  for await (const event of events) {
    const wire = toWire(queue, event, traceField);
    const { type, data, extra1, extra2, extra3, extra4, key, delayMs, at } =
      wire instanceof Promise ? await wire : wire;
    if (key !== null || delayMs !== null || at !== null) {
      throw new SkytoolsError("WRONG_USE", "events that are copied cannot have key, delayMs or at", {
        hint: "use sendMany",
      });
    }
    // `now` is the time of the transaction, as in insert_event.
    chunk += `now\t${[type, data, extra1, extra2, extra3, extra4].map(field).join("\t")}\n`;
    if (chunk.length < CHUNK_CHARS) continue;
    yield chunk;
    chunk = "";
  }
  if (chunk !== "") yield chunk;
}

const escapes: Readonly<Record<string, string>> = { "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t" };

function field(value: string | null): string {
  if (value === null) return "\\N";
  return value.replaceAll(/[\\\n\r\t]/g, (char) => escapes[char] ?? char);
}

/** The server gives schema.table without quotes. */
function quoted(table: string): string {
  const dot = table.indexOf(".");
  return [table.slice(0, dot), table.slice(dot + 1)].map((name) => `"${name.replaceAll('"', '""')}"`).join(".");
}
