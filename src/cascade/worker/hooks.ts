// What a cascaded worker leaves to its user: Londiste is one, a program of an application another. In this order:
//
//   prepareTarget(target)                       for each new session on the own node
//   onNode(node, target)                        each round, as soon as the state was read; not while paused
//   limits(node)                                before a batch is asked for
//   beforeBatch(batch)                          no transaction is open on either side; false: not now
//   target: begin
//   openBatch(batch)  →  events(…) a chunk at a time  →  beforeCommit()
//   target: the position, commit
//   branch: the tick
//   afterCommit()
//   source: the batch is finished
//
// A batch that is found applied already (the process died after the commit) gets none of them.
// Whatever throws before the commit: rolled back, rolledBack(), and the same batch comes again after a pause.
import type { Connection } from "../../postgres/index.ts";
import type { BatchLimits, CascadeBatch, NodeType } from "../consumer/batch.ts";

/** An event of the queue. PostgreSQL's text of each column. */
export interface CascadeEvent {
  readonly id: string | number | bigint;
  readonly txid: string | number | bigint;
  readonly time: string;
  readonly type: string | null;
  readonly data: string | null;
  readonly extra1: string | null;
  readonly extra2: string | null;
  readonly extra3: string | null;
  readonly extra4: string | null;
}

/** The node, as the worker read it at the beginning of the round (pgq_node.get_node_info). */
export interface WorkerNode {
  readonly queue: string;
  readonly worker: string;
  readonly type: NodeType;
  readonly name: string;
  readonly completedTick: bigint | null;
  readonly providerNode: string;
  readonly providerLocation: string;
  readonly globalWatermark: bigint | null;
  readonly localWatermark: bigint | null;
  /** Leaf: the queue of this database that the events go to as well. */
  readonly combinedQueue: string | null;
  readonly combinedType: NodeType | null;
  readonly attributes: Readonly<Record<string, string | null>>;
  readonly duties: Duties;
}

/** What a worker does on a node of that kind. */
export interface Duties {
  readonly readsBatches: boolean;
  /** false: only the system events are looked at. */
  readonly appliesEvents: boolean;
  /** Goes on only up to where the combined queue has brought this one. */
  readonly waitsBehind: boolean;
  /** The events are passed on in this queue: the own one with their ids and ticks, the combined one with new ids. */
  readonly copiesTo: { readonly queue: string; readonly keepsIds: boolean } | null;
  readonly makesTicks: boolean;
  /** Puts pgq.tick-id into the combined queue. */
  readonly announcesTicks: boolean;
  readonly followsTickEvents: boolean;
  readonly globalWatermark: "publishes" | "applies" | "ignores";
  readonly reportsWatermark: boolean;
}

export interface WorkerBatch extends CascadeBatch {
  readonly node: WorkerNode;
}

/** The work on one batch, all of it in the open transaction on batch.target. */
export interface BatchHooks {
  /** SQL condition over ev_*: other events are not read at all. Only where nothing is copied (WRONG_USE else). */
  readonly where?: string | null;
  /**
   * The next events, in order, without those of pgq.*. On a node that only waits behind: those of the user's system
   * events alone (WorkerHooks.systemPrefixes).
   */
  events(events: readonly CascadeEvent[]): Promise<void>;
  /** What is passed on for an event: the event itself, another, or null for nothing. Absent: all as they are. */
  copied?(event: CascadeEvent): CascadeEvent | null;
  /** After the last event, before the position is written. */
  beforeCommit?(): Promise<void>;
  /** The batch is done, with the branch's tick, but not yet finished at the provider. Errors do not undo it. */
  afterCommit?(): Promise<void>;
  /** Nothing of it happened. Must not throw. */
  rolledBack?(error: unknown): void;
}

export interface WorkerHooks {
  /** Types of the user's own system events begin so ("londiste."): they are given also to nodes that wait behind. */
  readonly systemPrefixes?: readonly string[];
  /** Types that a merge-leaf does not copy to the combined queue, besides pgq.*. */
  readonly uncombinedPrefixes?: readonly string[];
  /** A new session on the own node. Default: makes it one that may write into the queue of a branch. */
  prepareTarget?(target: Connection): Promise<void>;
  onNode?(node: WorkerNode, target: Connection): Promise<void>;
  limits?(node: WorkerNode): Partial<BatchLimits>;
  /**
   * Work of its own before a batch, with transactions of its own.
   * @returns false: the batch is left open, and the round counts as one without work
   */
  beforeBatch?(batch: WorkerBatch): Promise<boolean>;
  openBatch(batch: WorkerBatch): BatchHooks | Promise<BatchHooks>;
  /** There is no batch now. */
  idle?(node: WorkerNode, target: Connection): Promise<void>;
  /** On a root, about every 10 × loop_delay. */
  rootPass?(node: WorkerNode, target: Connection): Promise<void>;
  /** What stands in the statistics line besides count and duration. */
  statistics?(): Readonly<Record<string, number>>;
}
