// Changes the stored state of a table, but only from the state that the change was decided on: an administrator may have
// changed it meanwhile, and then the copy has been overtaken.
import type { Connection } from "../../postgres/index.ts";
import type { Logger } from "../../service/index.ts";
import { replaceTableState } from "../sql-calls/index.ts";
import { type MergeState, parseMergeState } from "../tables/merge-state.ts";

export interface StateSubject {
  readonly queue: string;
  readonly table: string;
  readonly log: Logger;
}

export interface StoredTableState {
  readonly state: MergeState;
  readonly snapshot: string | null;
  readonly droppedDdl: string | null;
}

/** null: the table is not local any more. With `isLocked` nobody changes it before the end of the transaction. */
export async function readTableState(
  db: Connection,
  { queue, table }: StateSubject,
  { isLocked = false }: { readonly isLocked?: boolean } = {},
): Promise<StoredTableState | null> {
  const row = await db.maybeOne<{ state: string | null; snapshot: string | null; ddl: string | null }>(
    `select merge_state as state, custom_snapshot as snapshot, dropped_ddl as ddl from londiste.table_info
      where queue_name = $1 and table_name = $2 and local ${isLocked ? "for update" : ""}`,
    [queue, table],
  );
  return row === null ? null : { state: parseMergeState(row.state), snapshot: row.snapshot, droppedDdl: row.ddl };
}

/** In the transaction that is open, or one of its own. @returns false: it is not in the state `from` any more */
export async function changeTableState(
  db: Connection,
  { queue, table, log }: StateSubject,
  { from, to, snapshot }: { readonly from: MergeState; readonly to: MergeState; readonly snapshot: string | null },
): Promise<boolean> {
  return await replaceTableState(db, log, queue, { table, from, state: to, snapshot });
}
