// Replays row events into the tables of this node, inside of the caller's transaction.
import type { CascadeEvent } from "../../cascade/events/index.ts";
import type { Connection, Log } from "../../postgres/index.ts";
import type { ReplayBatch } from "../handler/index.ts";
import type { Conflict, ConflictPolicy } from "./conflict.ts";
import type { TableLookup } from "./replica-table.ts";
import type { TableStructures } from "./table-structures.ts";

export interface BatchApplierOptions {
  /** In a transaction. Between add() and flush() only the applier may use it; see afterApplied. */
  readonly target: Connection;
  readonly tables: TableLookup;
  readonly batch: ReplayBatch;
  /** Kept by the worker as long as the connection, so that tables are looked up once and not once a batch. */
  readonly structures: TableStructures;
  /** Default error. */
  readonly conflict?: ConflictPolicy;
  /** Called for each conflict that did not stop the batch, inside of the transaction, `target` free to use. */
  readonly onConflict?: (conflict: Conflict, target: Connection) => Promise<void> | void;
  readonly log?: Log;
  /** Events that are folded together. Default 10 000. */
  readonly chunkEvents?: number;
  /** Characters of events that are folded together; one event may be larger. Default 16 Mi. */
  readonly chunkLength?: number;
}

export interface ApplyStats {
  /** Row events that were applied, by table name in the set. */
  readonly events: ReadonlyMap<string, number>;
  /** Events of tables that are not replayed here, or whose row was in the copy already. */
  readonly ignored: number;
  /** Rows changed, after folding. */
  readonly rows: number;
  readonly conflicts: number;
  /** Names in the set of tables that were given up in this batch. */
  readonly quarantined: ReadonlyMap<string, Conflict>;
}

export class BatchApplier {
  constructor(options: BatchApplierOptions) {
    void options;
    throw new Error("not yet");
  }

  /** True for the event types of rows and truncates; everything else (pgq.*, londiste.*, EXECUTE) is the caller's. */
  static isRowEvent(event: CascadeEvent): boolean {
    void event;
    throw new Error("not yet");
  }

  /**
   * Takes a row event or a truncate. Mostly nothing is awaited: rows are applied in the background while the next ones
   * are folded. @throws CONFLICT, ROW_EVENT, …, also for events that were added before
   */
  add(event: CascadeEvent): void | Promise<void> {
    void event;
    throw new Error("not yet");
  }

  /** Runs `work` on the target after what was added so far, without waiting for it; errors come out of later calls. */
  afterApplied(work: (target: Connection) => Promise<unknown>): Promise<void> {
    void work;
    throw new Error("not yet");
  }

  /**
   * Resolves when all that was added is applied and the target is free: before EXECUTE and londiste.* events.
   * What the caller does then may alter tables.
   */
  flush(): Promise<void> {
    throw new Error("not yet");
  }

  /** The end of the batch; handlers finish. The caller commits. */
  finish(): Promise<ApplyStats> {
    throw new Error("not yet");
  }
}
