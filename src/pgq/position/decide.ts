// What to do with a batch, by the tick that is remembered where its events were applied.
import { SkytoolsError } from "../../errors/index.ts";
import type { BatchInfo } from "../consumer/seam.ts";

export type Decision = "process" | "skip";

/**
 * Nothing remembered, or the start of the batch: its events were not applied. Its end: they were, and only finishing it
 * was missing.
 *
 * @param where for the message: "database", a file name
 * @throws POSITION_LOST for any other tick
 */
export function decide(batch: BatchInfo, remembered: bigint | null, where: string): Decision {
  if (remembered === null || remembered === batch.previousTickId) return "process";
  if (remembered === batch.tickId) return "skip";
  throw new SkytoolsError(
    "POSITION_LOST",
    `lost position: consumer ${batch.consumer} on queue ${batch.queue} has a batch from tick ${batch.previousTickId} to ${batch.tickId}, ${where} has ${remembered}`,
    {
      hint: "one side was restored or moved: rewind the queue to the position that is remembered, or reset that one",
      details: { batch: batch.id, previousTick: batch.previousTickId, tick: batch.tickId, remembered },
    },
  );
}

/** Somebody else did this batch while we were at it. */
export function batchLost(batch: BatchInfo, what: string): SkytoolsError {
  return new SkytoolsError(
    "BATCH_LOST",
    `batch ${batch.id} of consumer ${batch.consumer} on queue ${batch.queue} was ${what}`,
    { hint: "does another process run under the same consumer name?" },
  );
}
