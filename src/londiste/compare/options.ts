// What a comparison of one table is asked and what it answers.
import type { Clock } from "../../clock/index.ts";
import type { Connection } from "../../postgres/index.ts";
import type { PlaceKeeper } from "./place.ts";
import type { Reader } from "./reader.ts";
import type { RowDifference } from "./difference.ts";
import type { Settled } from "./settled.ts";
import type { TableMatch } from "./table-match.ts";

/** One end of a comparison: the source says what the rows should be, the target is held against it. */
export interface CompareSide {
  /** Opens a session; whoever calls it closes it. */
  readonly open: () => Promise<Connection>;
  /** "schema.name", not quoted. */
  readonly table: string;
  /** SQL condition over the table's columns; the other rows do not take part. */
  readonly where?: string | null;
}

/**
 * Makes the two snapshots comparable. Called with the session whose transaction holds the source's snapshot; once it
 * resolves, a new snapshot of the target has everything that the source's has.
 */
export type Agreement = (source: Connection) => Promise<void>;

export interface CompareOptions {
  readonly source: CompareSide;
  readonly target: CompareSide;
  readonly clock: Clock;
  /** Default: the target may be read at once, as between databases that nobody writes to. */
  readonly agree?: Agreement;
  /** Only these columns of both; default: all that both have. */
  readonly columns?: readonly string[];
  /** Columns that name a row; default: the primary key, or the smallest unique index that both have. */
  readonly key?: readonly string[];
  /** Only the number of rows. */
  readonly isCountOnly?: boolean;
  /** Sessions to either side that read at the same time. Default 2. */
  readonly parallel?: number;
  /** A snapshot is not used for longer than this; then the next ranges get a new one. Default 5 minutes. */
  readonly snapshotMs?: number;
  /** How long rows that go on changing are looked at again before they count as undecided. Default 30 seconds. */
  readonly settleMs?: number;
  /** Time between two looks at rows that differ; default 200 milliseconds. */
  readonly settleIntervalMs?: number;
  /** Called with the differences, some thousands at a time at most, while the comparison goes on. */
  readonly onDifferences?: (batch: DifferenceBatch) => Promise<void>;
  readonly onProgress?: (progress: CompareProgress) => void;
  /** To go on later where it was stopped; not together with onDifferences, which would not get those found before. */
  readonly place?: PlaceKeeper;
  readonly signal?: AbortSignal | undefined;
}

export interface CompareProgress {
  readonly table: string;
  /** Parts of the table that were read, of how many. The number grows when parts have to be read more closely. */
  readonly done: number;
  readonly total: number;
  /** Rows of the source so far. */
  readonly rows: number;
  /** Rows of the source as its statistics have it. */
  readonly estimatedRows: number;
  /** Rows found different so far, not all of them looked at again yet. */
  readonly differing: number;
}

export interface DifferenceBatch {
  readonly match: TableMatch;
  readonly rows: readonly RowDifference[];
  /** For who reads the rows themselves. */
  readonly source: Reader;
  readonly target: Reader;
  /** Looks at these rows again until each is equal, differs twice in the same way, or the time is over. */
  readonly lookAgain: (rows: readonly RowDifference[]) => Promise<Settled>;
}

export interface SideTotals {
  readonly rows: bigint;
  /** Sum of the hashes of all rows; null when only rows were counted. */
  readonly checksum: bigint | null;
}

export interface TableComparison {
  readonly table: string;
  /** As read; rows that changed during the comparison may make them differ. */
  readonly source: SideTotals;
  readonly target: SideTotals;
  readonly match: TableMatch;
  /** Rows that differ, by what the target lacks. */
  readonly inserts: number;
  readonly updates: number;
  readonly deletes: number;
  /** Rows that changed in every look at them until the time was over. */
  readonly undecided: number;
  /** Rows that differed at first, and were equal once the target had caught up. */
  readonly inFlight: number;
  readonly isEqual: boolean;
  /** A part of it was compared by an earlier call, see CompareOptions.place. */
  readonly isResumed: boolean;
  /** Keys of the first differences. */
  readonly examples: readonly RowDifference[];
  readonly durationMs: number;
}
