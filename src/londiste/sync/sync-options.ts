// What the copies of a worker need from it. The worker makes one TableSync and calls it around each batch.
import type { MonotonicClock } from "../../clock/index.ts";
import type { Connection } from "../../postgres/index.ts";
import type { Logger } from "../../service/index.ts";
import type { ConflictPolicy } from "../apply/index.ts";
import type { HandlerRegistry } from "../handler/index.ts";

/** Opens new sessions; whoever asked closes them. */
export interface SyncConnections {
  /** A session on this node's database, not in replica mode. */
  target(purpose: string, signal: AbortSignal): Promise<Connection>;
  /** A session on another node of the set, by its name. @throws when the set has no such node, or it cannot be reached */
  node(nodeName: string, purpose: string, signal: AbortSignal): Promise<Connection>;
}

export interface SyncSettings {
  /** Connections that copy at the same time, over all tables (`parallel_copies`). Those that are free help the others. */
  readonly parallelCopies: number;
  /** Connections for one table (`threaded_copy_tables`, `threaded_copy_pool_size`); each counts as a copy. */
  readonly connectionsFor: (tableName: string) => number;
  /** First pause after a failed copy; doubles up to `retryLimitMs`. */
  readonly retryFirstMs: number;
  readonly retryLimitMs: number;
}

export const syncDefaults: SyncSettings = {
  parallelCopies: 2,
  connectionsFor: () => 1,
  retryFirstMs: 1_000,
  retryLimitMs: 60_000,
};

export interface SyncOptions {
  readonly queue: string;
  /** The worker's consumer name; copies are registered as `<worker>.copy.<table>`. */
  readonly worker: string;
  readonly nodeName: string;
  readonly connections: SyncConnections;
  readonly handlers: HandlerRegistry;
  /** What a copy does at a conflict while it catches up; default error. */
  readonly conflict?: ConflictPolicy;
  readonly settings?: Partial<SyncSettings>;
  readonly log: Logger;
  readonly clock?: MonotonicClock;
  /** The main worker should begin its next round now: a table can be handed over. */
  readonly wake?: () => void;
}

/** Where the main worker stands when it calls. */
export interface MainPosition {
  /** Node that the worker reads from. */
  readonly provider: string;
  readonly completedTick: bigint;
}
