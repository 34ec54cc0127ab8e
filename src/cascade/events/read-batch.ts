// The events of a batch as chunks, by COPY out: any number of events in little memory.
import type { Connection } from "../../postgres/index.ts";
import type { CascadeEvent } from "./event.ts";

export interface ReadEventsOptions {
  readonly batchId: bigint;
  /** SQL condition over the columns ev_*, trusted text. */
  readonly where?: string | undefined;
  /** Most events a chunk. */
  readonly chunkEvents?: number;
  /** A chunk ends when it has this many bytes; one event may be larger. */
  readonly chunkBytes?: number;
  readonly signal?: AbortSignal | undefined;
}

/** Events in the order of their ids. */
export interface EventChunk {
  readonly events: readonly CascadeEvent[];
}

/**
 * Reads the open batch in the order of the events' ids. `source` is busy until the loop has ended; leaving the loop early
 * cancels the statement. A batch that is not open reads as one without events.
 */
// eslint-disable-next-line @typescript-eslint/require-await, require-yield
export async function* readBatchEvents(source: Connection, options: ReadEventsOptions): AsyncGenerator<EventChunk> {
  void source;
  void options;
  throw new Error("not yet");
}
