// What a cascaded worker leaves to its user: Londiste is one, a program of an application another. In this order:
//
//   prepareTarget(target)                       for each new session on the own node
//   onNode(node, target)                        as soon as the state was read, in each round without a batch before it and
//                                               about every second; not while paused
//   limits(node)                                before a batch is asked for
//   beforeBatch(batch)                          no transaction is open on either side; false: not now
//   target: begin, reading(node)
//   openBatch(batch)  →  events(…) a chunk at a time  →  beforeCommit()
//   target: the position, commit; branch: the tick
//   afterCommit()
//   source: the batch is finished
//
// A batch that is found applied already (the process died after the commit) gets none of them.
// Whatever throws before the commit: rolled back, rolledBack(), and the same batch comes again after a pause.
import type { Connection, PipelineStatement, StatementResult } from "../../postgres/index.ts";
import type { BatchLimits, CascadeBatch } from "../consumer/batch.ts";
import type { CascadeEvent, EventChanges } from "../events/index.ts";
import type { WorkerNode } from "./node.ts";

export interface WorkerBatch extends CascadeBatch {
  readonly node: WorkerNode;
  /** A session of its own on the provider, for `source` may be busy with the events; the caller closes it. */
  readonly openProvider: () => Promise<Connection>;
}

/** The work on one batch, all of it in the open transaction on batch.target. */
export interface BatchHooks {
  /**
   * SQL condition over ev_*: other events are not read at all. It must let all of pgq.* through. WRONG_USE where events
   * are passed on.
   */
  readonly where?: string | null;
  /**
   * The next events, in order, without those of pgq.*. On a node that only waits behind: those of the user's system
   * events alone (WorkerHooks.systemPrefixes).
   */
  events(events: readonly CascadeEvent[]): Promise<void>;
  /** What is changed in an event on its way to the next queue; null: it is not passed on. Absent: all as they are. */
  copied?(event: CascadeEvent): EventChanges | null;
  /**
   * The worker's own statements on batch.target go through here, so that they do not fall between those that the user
   * has in flight: `work` runs when all events given so far are applied, or at once. Absent: at once.
   */
  inOrder?(work: () => Promise<void>): Promise<void>;
  /** After the last event, before the position is written. */
  beforeCommit?(): Promise<void>;
  /** The batch is done, with the branch's tick, but not yet finished at the provider. Errors do not undo it. */
  afterCommit?(): Promise<void>;
  /** Nothing of it happened. Must not throw. */
  rolledBack?(error: unknown): void;
}

export interface WorkerHooks {
  /**
   * beforeBatch() and afterCommit() leave batch.target alone, so that the transaction of the next tick may have begun on it
   * when they are called: a branch that is behind saves a round trip for each tick. Default false.
   */
  readonly sparesTarget?: boolean;
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
  /**
   * What onNode() has read of the node, as one statement that is sent with the first of the batch's transaction: not every
   * batch comes with a round of its own. `isKnown` false: the batch waits, and onNode() is called first.
   */
  reading?(
    node: WorkerNode,
  ): { readonly statement: PipelineStatement; isKnown(result: StatementResult): boolean } | null;
  openBatch(batch: WorkerBatch): BatchHooks | Promise<BatchHooks>;
  /** There is no batch now. */
  idle?(node: WorkerNode, connections: { readonly source: Connection; readonly target: Connection }): Promise<void>;
  /** On a root, about every 10 × loop_delay. */
  rootPass?(node: WorkerNode, target: Connection): Promise<void>;
  /** What stands in the statistics line besides count and duration. */
  statistics?(): Readonly<Record<string, number>>;
}
