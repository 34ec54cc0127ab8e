// What applying needs: the session, and the table as it is here.
import type { CascadeEvent } from "../../cascade/events/index.ts";
import type { Connection, Log } from "../../postgres/index.ts";
import type { ChunkFrame } from "./chunk-frame.ts";
import type { Conflict } from "./conflict.ts";
import { type Destination, noDestination } from "./destination.ts";
import type { Step, TableRuns } from "./runs.ts";
import type { DestinationState } from "./table-state.ts";
import type { TableStructures } from "./table-structures.ts";

export interface ApplyContext {
  readonly target: Connection;
  readonly structures: TableStructures;
  readonly destination: Destination;
}

export interface ChunkContext {
  readonly structures: TableStructures;
  readonly frame: ChunkFrame;
  readonly log: Log;
  /** A conflict that does not stop the batch. */
  readonly settled: (conflict: Conflict, event: CascadeEvent) => Promise<void>;
}

/** What waits for one table. */
export interface ChunkPart {
  readonly state: DestinationState;
  readonly runs: TableRuns;
}

/** Statements of handlers need no table. @throws REPLICA_TABLE */
export async function applyContext(
  { structures }: ChunkContext,
  { dest }: DestinationState,
  steps: readonly Step[],
): Promise<ApplyContext> {
  const needsTable = steps.some(({ kind }) => kind !== "statement");
  const destination = needsTable ? await structures.destination(dest) : noDestination(dest);
  return { target: structures.target, structures, destination };
}
