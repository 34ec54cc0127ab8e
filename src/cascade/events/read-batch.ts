// The events of a batch as chunks, by COPY out: any number of events in little memory.
import type { Readable } from "node:stream";
import { batchEventSql } from "../../pgq/index.ts";
import type { Connection } from "../../postgres/index.ts";
import { CopyLines } from "./copy-lines.ts";
import { CascadeEvent, EVENT_COLUMNS } from "./event.ts";

export interface ReadEventsOptions {
  readonly batchId: bigint;
  /** pgq.batch_event_sql of the batch, where it is known. */
  readonly eventSql?: string | null;
  /** SQL condition over the columns ev_*, trusted text. */
  readonly where?: string | undefined;
  /** A chunk ends when it has about this many events. Default 2 000. */
  readonly chunkEvents?: number;
  /** A chunk ends when it has about this many bytes; one event may be larger. Default 16 Mi. */
  readonly chunkBytes?: number;
  readonly signal?: AbortSignal | undefined;
}

/** Events in the order of their ids. */
export interface EventChunk {
  readonly events: readonly CascadeEvent[];
}

/**
 * Reads the open batch in the order of the events' ids. `source` is busy until the loop has ended; leaving the loop early
 * cancels the statement.
 * @throws DATABASE when the batch is not open; ABORTED
 */
export async function* readBatchEvents(
  source: Connection,
  { batchId, eventSql, where, chunkEvents = 2_000, chunkBytes = 16 * 1024 * 1024, signal }: ReadEventsOptions,
): AsyncGenerator<EventChunk> {
  await sortInMemory(source);
  const sql = copyStatement(eventSql ?? (await batchEventSql(source, batchId)), where);
  yield* chunks(await source.copyTo(sql, { signal }), chunkEvents, chunkBytes);
}

/** Enough for the events of about a hundred thousand rows; a server's usual 4 MB send those of ten thousand to the disk. */
const SORT_MEMORY = "64MB";
const sorting = new WeakSet<Connection>();

async function sortInMemory(source: Connection): Promise<void> {
  if (sorting.has(source)) return;
  await source.query(
    `select set_config('work_mem', $1, false) where pg_size_bytes(current_setting('work_mem')) < pg_size_bytes($1)`,
    [SORT_MEMORY],
  );
  sorting.add(source);
}

async function* chunks(stream: Readable, chunkEvents: number, chunkBytes: number): AsyncGenerator<EventChunk> {
  const lines = new CopyLines((block, start, end) => new CascadeEvent(block, start, end));
  let events: CascadeEvent[] = [];
  let bytes = 0;
  for await (const piece of stream) {
    const part = piece as Buffer;
    bytes += part.length;
    lines.push(part, events);
    // no event: the middle of one large row
    if (events.length === 0 || (events.length < chunkEvents && bytes < chunkBytes)) continue;
    yield { events };
    events = [];
    bytes = 0;
  }
  if (events.length > 0) yield { events };
}

function copyStatement(text: string, where: string | undefined): string {
  const filter = where === undefined ? "" : ` where (${where}\n)`;
  return `copy (select ${EVENT_COLUMNS.join(", ")} from (${text}) e${filter} order by ev_id) to stdout`;
}
