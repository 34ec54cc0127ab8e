// What the replay must know of a table of the set on this node.
import type { CascadeEvent } from "../../cascade/events/index.ts";
import type { TableHandler } from "../handler/index.ts";
import type { ConflictPolicy } from "./conflict.ts";

export interface ReplicaTable {
  /** Name in the set, as in ev_extra1. Not quoted. */
  readonly name: string;
  /** Name on this node. */
  readonly dest: string;
  readonly handler: TableHandler;
  /** false: the row is in the copy already (the event's txid is in the table's snapshot). Default: always true. */
  readonly isWanted?: (event: CascadeEvent) => boolean;
  /** Default: that of the applier. */
  readonly conflict?: ConflictPolicy;
}

/** null: the table is not replayed here (not local, not in sync); its events are counted as ignored. */
export type TableLookup = (name: string) => ReplicaTable | null;
