// The transactions in which batches are applied: the position is written with the work, so that whatever dies, a batch
// was done or is done again. First and last statements travel with begin and commit, and what ends one transaction with
// what begins the next.
import type { PipelineStatement, RowedTransaction, StatementResult } from "../../postgres/index.ts";
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
  readonly committed?: () => Promise<void> | void;
}

export interface BatchEnd {
  readonly last?: readonly PipelineStatement[];
  /** After the commit, as a transaction of their own. */
  readonly after?: readonly PipelineStatement[];
}

/** Runs the work and writes the position, in one transaction on the target. @throws what `work` throws, rolled back */
export async function applyBatch(batch: CascadeBatch, work: BatchWork): Promise<ApplyOutcome> {
  const [done] = await applyBatches([{ batch, ...work }]);
  return done === undefined ? "moved" : "applied";
}

/**
 * Batches that follow each other, each in a transaction of its own, on the target of the first. `committed` is called when
 * the next transaction has begun.
 * @returns those that were applied; the one behind them has moved. @throws what `work` throws; those before it are applied
 */
export async function applyBatches<T extends BatchWork & { readonly batch: CascadeBatch }>(
  works: readonly T[],
): Promise<readonly T[]> {
  const target = works[0]?.batch.target;
  const done = await target?.framedTransactions(works.map(toTransaction));
  return works.slice(0, done ?? 0);
}

function toTransaction(given: BatchWork & { readonly batch: CascadeBatch }): RowedTransaction {
  const { batch, reads = [], work, committed } = given;
  return {
    opening: [lockStatement(batch), consumerStateStatement(batch), ...reads],
    async work([, state, ...read]) {
      if (!isStillOurs(batch, consumerStateOf(state))) return null;
      const end = await work(read);
      if (end === null) return null;
      const { last = [], after = [] } = end;
      return { last: [...last, consumerCompletedStatement(batch, batch.tickId)], after };
    },
    ...(committed === undefined ? {} : { committed }),
  };
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
