// A row of table_info with its texts understood. Names are "schema.table", not quoted.
import { type TableAttributes, parseAttributes } from "./attributes.ts";
import { type MergeState, parseMergeState } from "./merge-state.ts";

/** Part of a copy into a table that is fed by several queues; null when nobody has to wait. */
export type CopyRole = "lead" | "wait-copy" | "wait-replay" | null;

export interface TableInfo {
  /** The name in the set. */
  readonly name: string;
  /** The table's name on this node. */
  readonly dest: string;
  /** This node takes part. */
  readonly isLocal: boolean;
  readonly state: MergeState;
  /**
   * Snapshot of the copy (txid_snapshot text) while events may still come that it contains. Only comparable with
   * transaction ids of the node it was taken on.
   */
  readonly snapshot: string | null;
  readonly attributes: TableAttributes;
  /** Statements that recreate what the copy dropped. */
  readonly droppedDdl: string | null;
  readonly copyRole: CopyRole;
  /** Copies of the same merged table that go first. */
  readonly copyPosition: number;
}

/** A row of londiste.get_table_list. */
export interface TableRow {
  readonly table_name: string;
  readonly local: boolean;
  readonly merge_state: string | null;
  readonly custom_snapshot: string | null;
  readonly table_attrs: string | null;
  readonly dropped_ddl: string | null;
  readonly copy_role: string | null;
  readonly copy_pos: number | null;
  readonly dest_table: string | null;
}

/** @throws WRONG_USE on a state or attributes that no version writes */
export function toTableInfo(row: TableRow): TableInfo {
  return {
    name: row.table_name,
    dest: row.dest_table ?? row.table_name,
    isLocal: row.local,
    state: parseMergeState(row.merge_state),
    snapshot: row.custom_snapshot,
    attributes: parseAttributes(row.table_attrs),
    droppedDdl: row.dropped_ddl,
    copyRole: toCopyRole(row.copy_role),
    copyPosition: row.copy_pos ?? 0,
  };
}

/** Adds "public." to a name without a dot, as all programs of Londiste do. */
export function fullName(name: string): string {
  return name.includes(".") ? name : `public.${name}`;
}

function toCopyRole(text: string | null): CopyRole {
  return text === "lead" || text === "wait-copy" || text === "wait-replay" ? text : null;
}
