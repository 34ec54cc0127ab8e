// Writes events into the queue of a branch or into a combined queue, past queue_disable_insert.
import { currentEventTable } from "../../pgq/index.ts";
import { type Connection, quoteFqname } from "../../postgres/index.ts";
import { SkytoolsError } from "../../errors/index.ts";
import { type CascadeEvent, type EventChanges, STORED_COLUMNS } from "./event.ts";

export interface CopiedEvent {
  readonly event: CascadeEvent;
  readonly changes?: EventChanges | null;
}

const COLUMNS = STORED_COLUMNS.slice(0, -1).join(", ");

const LINE_END = Buffer.from("\n");
/** Lines are gathered to pieces of about this size, in bytes. */
const PIECE_LENGTH = 64 * 1024;

/**
 * Copies events by COPY into the table that takes the queue's events now, in the transaction that `target` is in.
 * `table`: pgq.current_event_table, where it was asked for in this transaction.
 * `keepIds`: with their ids (branch); without, the queue gives new ones (combined queue).
 * @returns number of events
 * @throws WRONG_USE outside of a transaction
 */
export async function copyEventsToQueue(
  target: Connection,
  queue: string,
  events: AsyncIterable<CopiedEvent> | Iterable<CopiedEvent>,
  { keepIds, table: known }: { readonly keepIds: boolean; readonly table?: string | null },
): Promise<number> {
  const table = known ?? (await currentEventTable(target, queue));
  if (table === null) throw new SkytoolsError("WRONG_USE", "events are copied to a queue inside of a transaction only");
  const columns = keepIds ? `${COLUMNS}, ev_id` : COLUMNS;
  return await target.copyFrom(`copy ${quoteFqname(table)} (${columns}) from stdin`, pieces(events, keepIds));
}

async function* pieces(
  events: AsyncIterable<CopiedEvent> | Iterable<CopiedEvent>,
  keepIds: boolean,
): AsyncGenerator<Buffer> {
  let lines: Buffer[] = [];
  let length = 0;
  for await (const { event, changes } of events) {
    const line = event.toCopyLine(keepIds, changes ?? null);
    lines.push(line, LINE_END);
    length += line.length;
    if (length < PIECE_LENGTH) continue;
    yield Buffer.concat(lines);
    lines = [];
    length = 0;
  }
  if (length > 0) yield Buffer.concat(lines);
}
