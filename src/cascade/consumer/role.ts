// What the loop leaves to the kind of consumer that it runs: a plain consumer or the worker of a node.
import type { Connection } from "../../postgres/index.ts";
import type { ApplyOutcome } from "./apply-batch.ts";
import type { ConsumerState, BatchLimits, CascadeBatch } from "./batch.ts";

/** How batches are to be chosen and placed in this round. */
export interface RoundWish extends BatchLimits {
  /** Collect small batches, as pgq_batch_collect_… say. */
  readonly collects: boolean;
  /** Each tick is a batch of its own, also where several are read together: they are passed on as they are. */
  readonly keepsTicks: boolean;
  readonly isMergeLeaf: boolean;
  readonly waitsBehind: boolean;
}

export interface Applied {
  readonly outcome: ApplyOutcome;
  readonly events: number;
}

export interface ConsumerRole {
  /** For each new session on the own node. */
  prepareTarget(target: Connection): Promise<void>;
  /** Reads what it needs of the node, outside of transactions; not while paused. */
  look(state: ConsumerState, target: Connection): Promise<RoundWish>;
  /** false: not now. */
  beforeBatch(batch: CascadeBatch): Promise<boolean>;
  /**
   * The whole transaction of each, and what follows its commit. They follow each other; "moved": not all were applied.
   */
  apply(batches: readonly CascadeBatch[], isStopping: () => boolean): Promise<Applied>;
  /** The batch was applied before, or a part of it; only what follows the last commit may be missing. */
  found(batch: CascadeBatch): Promise<void>;
  /** The batch is to be passed over, because the combined queue has brought its rows. */
  skip(batch: CascadeBatch): Promise<Applied>;
  /** The batch is finished at the provider. */
  finished(batch: CascadeBatch): Promise<void>;
  /** No batch is ready. */
  idle(target: Connection, source: Connection): Promise<void>;
  /** On a root: when it became one, then about every 10 × loop_delay. */
  rootPass(target: Connection): Promise<void>;
  /** More for the statistics line, after a batch. */
  statistics(): Readonly<Record<string, number>>;
}
