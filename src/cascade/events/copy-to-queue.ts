// Writes events into the queue of a branch or into a combined queue, past queue_disable_insert.
import type { Connection } from "../../postgres/index.ts";
import type { CascadeEvent, EventChanges } from "./event.ts";

export interface CopiedEvent {
  readonly event: CascadeEvent;
  readonly changes?: EventChanges;
}

/**
 * Copies events by COPY into the table that takes the queue's events now, in the transaction that `target` is in.
 * `keepIds`: with their ids (branch); without, the queue gives new ones (combined queue).
 * @returns number of events
 */
// eslint-disable-next-line @typescript-eslint/require-await
export async function copyEventsToQueue(
  target: Connection,
  queue: string,
  events: AsyncIterable<CopiedEvent> | Iterable<CopiedEvent>,
  { keepIds }: { readonly keepIds: boolean },
): Promise<number> {
  void target;
  void queue;
  void events;
  void keepIds;
  throw new Error("not yet");
}
