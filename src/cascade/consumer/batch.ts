// What a cascaded consumer is given: one batch of the provider, to be applied in one transaction on its own node.
import type { Connection } from "../../postgres/index.ts";
import type { Logger } from "../../service/index.ts";
import type { CascadeEvent } from "../events/index.ts";

export type NodeType = "root" | "branch" | "leaf";

/** A consumer's state as its own node keeps it (pgq_node.get_consumer_state). Ticks mean the same on all nodes. */
export interface ConsumerState {
  readonly nodeType: NodeType;
  readonly nodeName: string;
  /** All up to this tick is applied here. Null: nobody knows. */
  readonly completedTick: bigint | null;
  readonly providerNode: string;
  readonly providerLocation: string;
  /** A wish of an administrator. */
  readonly isPaused: boolean;
  /** The consumer has seen the wish. */
  readonly isUptodate: boolean;
  readonly error: string | null;
}

/** One batch while it is applied. Both connections stay those of the consumer: nobody else uses them meanwhile. */
export interface CascadeBatch {
  readonly queue: string;
  readonly consumer: string;
  readonly batchId: bigint;
  /** The tick at the end of the batch, and the one at its start. */
  readonly tickId: bigint;
  readonly previousTickId: bigint;
  /** What reads its events, as the provider gave it with the batch. */
  readonly eventSql: string | null;
  /** They were read beforehand. Null: to be read with eventSql. */
  readonly loaded: readonly CascadeEvent[] | null;
  /** Of the tick at the end, timestamptz as the provider writes it. */
  readonly tickTime: string;
  /** Of the provider's tick at the end: no event of the batch has a higher id. */
  readonly eventSequence: bigint;
  readonly previousEventSequence: bigint;
  /** How long ago the tick was made, by the provider's clock, when the batch was opened. */
  readonly lagMs: number;
  readonly state: ConsumerState;
  /** The provider; no transaction is open. */
  readonly source: Connection;
  /** The own node. */
  readonly target: Connection;
  /** The round before failed: perhaps at this very batch, so that going slowly helps to name the event. */
  readonly isRetried: boolean;
  /** Aborted when a program that was told to stop has waited long enough: the batch is rolled back, to come again. */
  readonly signal: AbortSignal;
  readonly log: Logger;
}

/** What size of batch is wanted. */
export interface BatchLimits {
  /** Ticks are merged until the batch has about so many events; 1: one tick a batch. */
  readonly mergeEvents: number;
  /**
   * The batch must not go beyond this tick: an open one that does is given back and asked for anew, up to this tick.
   * Null: no such tick.
   */
  readonly stopAt: bigint | null;
}
