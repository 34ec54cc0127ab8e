// What every backup tool can do with the one server of the run.
import type { Program } from "../../test/interop/program.ts";

export const toolNames = ["ours", "pg", "pgbackrest"] as const;
export type ToolName = (typeof toolNames)[number];

export interface Tool {
  readonly name: ToolName;
  /** A full backup into an empty place. */
  backup(compression: "none" | "lz4"): Promise<void>;
  /** The last backup into an empty folder; the server is not started. */
  restore(folder: string): Promise<void>;
  /** Takes all WAL from the slot `bench` up to this position, then ends; into an empty place. Not for pgbackrest. */
  receive(untilLsn: string): Promise<void>;
  /** A receiver that commits can wait for, under the name `bench`; null where there is none. */
  synchronousReceiver(): Program | null;
  /** Whatever archive_command needs to run beside it; not for pg. */
  startPushing(): Promise<Pushing>;
  /** Largest resident memory of its own processes in the last backup or receive, bytes; null: not known. */
  readonly peakMemoryBytes: number | null;
  close(): Promise<void>;
}

export interface Pushing {
  /** What archive_command would do, a file after the other. */
  push(files: readonly string[]): Promise<void>;
  stop(): Promise<void>;
}
