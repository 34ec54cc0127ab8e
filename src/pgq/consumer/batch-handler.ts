// The handler form for whole batches.
import type { QueueOrName } from "../queue.ts";
import type { Batch } from "./batch.ts";
import type { HandlerContext } from "./event-handler.ts";
import type { Pass } from "./pass.ts";

/** Throws: the batch is rolled back and comes again. */
export type BatchHandler<Q extends QueueOrName> = (
  batch: Batch<Q>,
  tx: Batch<Q>["tx"],
  context: HandlerContext,
) => unknown;

/** Not called for a batch without events. @throws BATCH_LEFT_OPEN when events were left without a word */
export async function handleBatch<Q extends QueueOrName>(pass: Pass<Q>, handler: BatchHandler<Q>): Promise<void> {
  if (!(await pass.batch.hasEvents())) return;
  pass.trace();
  await pass.run(() => handler(pass.batch, pass.batch.tx, { signal: pass.signal }));
  if (!pass.batch.isComplete) throw pass.batch.leftOpen();
}
