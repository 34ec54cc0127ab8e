// The contests of backups and WAL: how much work, and which tools.
import type { Contest as PeerContest } from "../harness/peer-contest.ts";
import type { Tool, ToolName } from "./tool.ts";

export { atLeast, atMost } from "../harness/peer-contest.ts";
export type { Reading } from "../harness/meter.ts";

/** `full` for figures, `quick` to see that everything runs. */
export interface Size {
  readonly rounds: number;
  /** pgbench's scale of the database that is backed up: about 15 MB each. */
  readonly scale: number;
  /** Segments of WAL that a receiver has to catch up with. */
  readonly walSegments: number;
  /** Segments that are pushed one by one. */
  readonly pushedSegments: number;
  readonly commitSeconds: number;
}

export const sizes = {
  full: { rounds: 3, scale: 66, walSegments: 100, pushedSegments: 60, commitSeconds: 15 },
  quick: { rounds: 1, scale: 2, walSegments: 4, pushedSegments: 4, commitSeconds: 2 },
} as const satisfies Record<string, Size>;

export type Contest = PeerContest<ToolName, Tool, Size>;
