// The transaction in which a batch is applied: the position is written with the work, so that whatever dies, the batch
// was done or is done again.
import { getConsumerState, setConsumerCompleted } from "../sql-calls/index.ts";
import type { ConsumerState, CascadeBatch } from "./batch.ts";
import { lockConsumer } from "./lock.ts";

/**
 * applied: committed. moved: the state of the consumer is not what the batch was chosen by, nothing was done.
 */
export type ApplyOutcome = "applied" | "moved";

/** Runs `work` and writes the position, in one transaction on the target. @throws what `work` throws, rolled back */
export async function applyBatch(batch: CascadeBatch, work: () => Promise<void>): Promise<ApplyOutcome> {
  const { tickId, target, log } = batch;
  return await target.transaction(async () => {
    await lockConsumer(target, batch);
    const now = await getConsumerState(target, batch);
    if (!isStillOurs(batch, now)) return "moved";
    await work();
    await setConsumerCompleted(target, log, batch, tickId);
    return "applied";
  });
}

/** Read under the lock. A pause asked for in between is granted before the batch, not after it. */
function isStillOurs({ previousTickId, state }: CascadeBatch, now: ConsumerState): boolean {
  return (
    !now.isPaused &&
    now.completedTick === previousTickId &&
    now.nodeType === state.nodeType &&
    now.providerNode === state.providerNode
  );
}
