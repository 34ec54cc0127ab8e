// The tables of a worker: which ones it replays, which ones are being copied, and the moment one becomes the other.
// The main worker never waits for a copy: a copy replays its own table until it stands at a tick that the main worker
// has still to reach, and the main worker takes the table over in the transaction that reaches it.
import type { Connection } from "../../postgres/index.ts";
import type { CopyProgress } from "../copy/progress.ts";
import type { TableInfo } from "../tables/table-info.ts";
import type { MainPosition } from "./sync-options.ts";

/**
 * Use, once a round of the main worker:
 *
 *     await sync.refresh(target, { provider, completedTick });   // outside of a transaction
 *     open a batch that does not go beyond sync.batchLimit
 *     sync.willProcess(tickId);
 *     begin; replay events for which sync.wantedTable(name) !== null and isWanted(txid); …
 *     await sync.beforeCommit(target, tickId);                   // inside the transaction
 *     commit; sync.afterCommit(tickId);
 */
export interface TableSyncFace extends AsyncDisposable {
  /** Reads the tables again if they changed, starts copies that are due, ends those that are no longer wanted. Never waits for a copy. */
  refresh(target: Connection, main: MainPosition): Promise<void>;
  /**
   * Not null while a table waits for its hand-over: then the next batch must end at this tick or before, which one batch
   * a tick (no merging) always does.
   */
  readonly batchLimit: bigint | null;
  /** The main worker has opened a batch up to this tick. */
  willProcess(tickId: bigint): void;
  /** The table, by its name in the set, when the main worker replays it; null: events of it are not for the main worker. */
  wantedTable(name: string): MainTable | null;
  /** All tables of the queue, as of the last refresh. */
  readonly tables: readonly TableInfo[];
  /** Sets `ok` for tables whose copy stands at exactly this tick. */
  beforeCommit(db: Connection, tickId: bigint): Promise<void>;
  afterCommit(tickId: bigint): void;
  readonly progress: readonly CopyProgress[];
  /** Stops all copies; they go on at the next start. */
  close(): Promise<void>;
}

export interface MainTable {
  readonly info: TableInfo;
  /** False for what the copy already contains. Only tables that an old program handed over have such events. */
  isWanted(txid: bigint): boolean;
}
