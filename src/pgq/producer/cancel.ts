// Taking back an event that was sent with a delay.
import type { ExecutorSource } from "../drivers/executor-source.ts";
import { toExecutor } from "../drivers/to-executor.ts";
import { type QueueOrName, toQueue } from "../queue.ts";
import { cancelDelayedEvent } from "../sql-calls/insert.ts";
import { explained } from "./explain-error.ts";

/**
 * Cancels a delayed event by the id that send() gave.
 * @returns false when it is in the queue already, was cancelled, or never was there
 * @throws SCHEMA_TOO_OLD, and the driver's own errors
 */
export async function cancelDelayed(db: ExecutorSource, queue: QueueOrName, id: bigint): Promise<boolean> {
  const { name } = toQueue(queue);
  return await explained(name, () => cancelDelayedEvent(toExecutor(db), name, id));
}
