// Copies the rows of one table between two servers: under one snapshot, in ranges, several at a time.
import type { Connection } from "../../postgres/index.ts";
import type { CopyProgress } from "./progress.ts";

export interface CopyTableOptions {
  /** Opens a session on the source; as many as `connections` and one more. Closed by the copy. */
  readonly source: (signal: AbortSignal) => Promise<Connection>;
  readonly target: (signal: AbortSignal) => Promise<Connection>;
  /** Names are schema.table, not quoted. */
  readonly sourceTable: string;
  readonly targetTable: string;
  /** Default: the columns that both have and the target does not generate. */
  readonly columns?: readonly string[] | undefined;
  /** SQL over the source's columns, trusted text; null: all rows. */
  readonly condition?: string | null | undefined;
  /** Ranges that are copied at the same time; default 1. */
  readonly connections?: number | undefined;
  readonly onProgress?: ((progress: CopyProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface CopyTableResult {
  readonly rows: bigint;
  readonly bytes: bigint;
  /** txid_snapshot text of the source, as of which the rows are. */
  readonly snapshot: string;
}

/** Rows that are in the target stay there. Keys, indexes and triggers of the target are not touched. */
export function copyTable(options: CopyTableOptions): Promise<CopyTableResult> {
  throw new Error(`not yet ${options.sourceTable}`);
}
