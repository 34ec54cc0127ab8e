// How far a copy is, as data: for the log, for `status`, for a bar.

export type CopyPhase = "waiting" | "structure" | "copying" | "restoring" | "catching-up" | "handing-over" | "failed";

export interface CopyProgress {
  /** The name in the set. */
  readonly table: string;
  readonly phase: CopyPhase;
  /** Rows of the ranges that are stored. */
  readonly rows: bigint;
  /** Bytes of COPY that were sent to the target, those of unfinished ranges included. */
  readonly bytes: bigint;
  /** 0 to 1; null while the size is not known. */
  readonly fraction: number | null;
  readonly rowsPerSecond: number;
  readonly bytesPerSecond: number;
  readonly secondsLeft: number | null;
  /** Message of the last failure; the copy is tried again. */
  readonly error: string | null;
}
