// The tick that a branch makes after each batch, and its repair when the process died between the commit and the tick.
// Source: spec of the cascade, 4.4.
import { SkytoolsError } from "../../errors/index.ts";
import { findTick } from "../../pgq/index.ts";
import type { CascadeBatch } from "../consumer/batch.ts";
import { type BranchTick, makeBranchTick, readTicks } from "../sql-calls/index.ts";

/** Differs: the old worker passed on the highest id it had seen; the provider's own number is right without events too. */
export function tickOf(batch: CascadeBatch, highestEventId: bigint): BranchTick {
  const { tickId, tickTime, eventSequence } = batch;
  return { tickId, tickTime, eventSequence: highestEventId > eventSequence ? highestEventId : eventSequence };
}

/** For a batch that is applied up to `applied`. @throws POSITION_LOST when the branch's queue ends elsewhere */
export async function repairTick(batch: CascadeBatch, applied: bigint): Promise<void> {
  const { queue, source, target, log } = batch;
  const last = (await findTick(target, queue, "last"))?.tickId ?? null;
  if (last === applied) return;
  const [missing, ...more] = last === null ? [] : await readTicks(source, queue, { after: last, upTo: applied });
  if (missing?.tickId !== applied || more.length > 0) {
    throw new SkytoolsError(
      "POSITION_LOST",
      `last tick of branch queue ${queue} is ${last ?? "missing"}, expected ${applied} or the one before it`,
      { hint: "something else makes ticks there, or a database was restored: create the node anew" },
    );
  }
  log.info({ queue, tick: String(applied) }, "the tick of the last batch was missing");
  await makeBranchTick(target, queue, missing);
}
