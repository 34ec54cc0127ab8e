// The tick that a branch makes after each batch, and its repair when the process died between the commit and the tick.
// Source: spec of the cascade, 4.4.
import { SkytoolsError } from "../../errors/index.ts";
import { findTick } from "../../pgq/index.ts";
import type { CascadeBatch } from "../consumer/batch.ts";
import { type BranchTick, makeBranchTick } from "../sql-calls/index.ts";

/** Differs: the old worker passed on the highest id it had seen; the provider's own number is right without events too. */
export function tickOf(batch: CascadeBatch, highestEventId: bigint): BranchTick {
  const { tickId, tickTime, eventSequence } = batch;
  return { tickId, tickTime, eventSequence: highestEventId > eventSequence ? highestEventId : eventSequence };
}

/** For a batch that is applied. @throws POSITION_LOST when the branch's queue ends elsewhere */
export async function repairTick(batch: CascadeBatch): Promise<void> {
  const { queue, target, tickId, previousTickId, log } = batch;
  const last = (await findTick(target, queue, "last"))?.tickId ?? null;
  if (last === tickId) return;
  if (last !== previousTickId) {
    throw new SkytoolsError(
      "POSITION_LOST",
      `last tick of branch queue ${queue} is ${last ?? "missing"}, expected ${previousTickId} or ${tickId}`,
      { hint: "something else makes ticks there, or a database was restored: create the node anew" },
    );
  }
  log.info({ queue, tick: String(tickId) }, "the tick of the last batch was missing");
  await makeBranchTick(target, queue, tickOf(batch, 0n));
}
