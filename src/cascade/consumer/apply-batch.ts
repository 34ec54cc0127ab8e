// The transaction in which a batch is applied: the position is written with the work, so that whatever dies, the batch
// was done or is done again. Its first and last statements travel with begin and commit.
import type { PipelineStatement, StatementResult } from "../../postgres/index.ts";
import { consumerCompletedStatement, consumerStateOf, consumerStateStatement } from "../sql-calls/index.ts";
import type { ConsumerState, CascadeBatch } from "./batch.ts";
import { lockStatement } from "./lock.ts";

/**
 * applied: committed. moved: the state of the consumer is not what the batch was chosen by, nothing was done.
 */
export type ApplyOutcome = "applied" | "moved";

export interface BatchWork {
  /** Read with the state; `work` gets the results. */
  readonly reads?: readonly PipelineStatement[];
  /** Null: the batch is to be chosen anew. @returns what is sent with the commit */
  readonly work: (read: readonly StatementResult[]) => Promise<BatchEnd | null>;
}

export interface BatchEnd {
  readonly last?: readonly PipelineStatement[];
  /** After the commit, as a transaction of their own. */
  readonly after?: readonly PipelineStatement[];
}

/** Runs the work and writes the position, in one transaction on the target. @throws what `work` throws, rolled back */
export async function applyBatch(batch: CascadeBatch, { reads = [], work }: BatchWork): Promise<ApplyOutcome> {
  const done = await batch.target.framedTransaction({
    opening: [lockStatement(batch), consumerStateStatement(batch), ...reads],
    async work([, state, ...read]) {
      if (!isStillOurs(batch, consumerStateOf(state))) return null;
      const end = await work(read);
      if (end === null) return null;
      const { last = [], after = [] } = end;
      return { last: [...last, consumerCompletedStatement(batch, batch.tickId)], after };
    },
  });
  return done === null ? "moved" : "applied";
}

/** Read under the lock. A pause asked for in between is granted before the batch, not after it. */
function isStillOurs({ previousTickId, state }: CascadeBatch, now: ConsumerState): boolean {
  return (
    !now.isPaused &&
    now.isUptodate &&
    now.completedTick === previousTickId &&
    now.nodeType === state.nodeType &&
    now.providerNode === state.providerNode &&
    now.providerLocation === state.providerLocation
  );
}
