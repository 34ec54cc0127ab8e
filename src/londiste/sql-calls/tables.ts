// The tables of a set, as one node knows them. On any node, also one with the C schema 3.8. Names are "schema.table".
import { type AnswerRow, callNode, checkAnswer, logAnswer } from "../../cascade/index.ts";
import type { Connection, Queryable } from "../../postgres/index.ts";
import type { Logger } from "../../service/index.ts";
import { parseAttributes } from "../tables/attributes.ts";
import { formatMergeState, type MergeState, parseMergeState } from "../tables/merge-state.ts";
import { type TableInfo, type TableRow, toTableInfo } from "../tables/table-info.ts";

const TABLE_LIST = `select table_name, local, merge_state, custom_snapshot, table_attrs, dropped_ddl, copy_role, copy_pos,
       dest_table
  from londiste.get_table_list($1::text)`;

/** All tables of the set in the order in which they were added. @throws WRONG_USE on a state that no version writes */
export async function getTableList(db: Queryable, queue: string): Promise<readonly TableInfo[]> {
  return (await db.query<TableRow>(TABLE_LIST, [queue], { name: "londiste_tables" })).map(toTableInfo);
}

/** As they are now, and stay until the end of the transaction; null: the table is not local. */
export async function lockTable(
  db: Queryable,
  queue: string,
  table: string,
): Promise<Pick<TableInfo, "state" | "attributes"> | null> {
  const row = await db.maybeOne<{ state: string | null; attributes: string | null }>(
    `select merge_state as state, table_attrs as attributes from londiste.table_info
      where queue_name = $1 and table_name = $2 and local for update`,
    [queue, table],
  );
  return row === null ? null : { state: parseMergeState(row.state), attributes: parseAttributes(row.attributes) };
}

export interface AddTableCall {
  /** Name in the set. */
  readonly table: string;
  /** Keywords and arguments of the trigger; null: none. */
  readonly triggerArgs: readonly string[] | null;
  /** Urlencoded; null keeps what is stored. */
  readonly attributes: string | null;
  /** Name on this node; null: the same. */
  readonly dest: string | null;
}

/** @throws NODE_REFUSED; what was done is rolled back */
export async function localAddTable(db: Connection, log: Logger, queue: string, call: AddTableCall): Promise<void> {
  await callNode(
    db,
    log,
    "select * from londiste.local_add_table($1::text, $2::text, $3::text[], $4::text, $5::text)",
    [queue, call.table, call.triggerArgs, call.attributes, call.dest],
  );
}

/** @throws NODE_REFUSED when it is not in the set, or not local */
export async function localRemoveTable(db: Connection, log: Logger, queue: string, table: string): Promise<void> {
  await callNode(db, log, "select * from londiste.local_remove_table($1::text, $2::text)", [queue, table]);
}

/** Makes a table known on this node. @throws NODE_REFUSED */
export async function globalAddTable(db: Connection, log: Logger, queue: string, table: string): Promise<void> {
  await callNode(db, log, "select * from londiste.global_add_table($1::text, $2::text)", [queue, table]);
}

/** Forgets a table on this node. @throws NODE_REFUSED when it is not known */
export async function globalRemoveTable(db: Connection, log: Logger, queue: string, table: string): Promise<void> {
  await callNode(db, log, "select * from londiste.global_remove_table($1::text, $2::text)", [queue, table]);
}

/** Replaces attributes and triggers. @throws NODE_REFUSED */
export async function localChangeHandler(
  db: Connection,
  log: Logger,
  queue: string,
  { table, triggerArgs, attributes }: Omit<AddTableCall, "dest">,
): Promise<void> {
  await callNode(db, log, "select * from londiste.local_change_handler($1::text, $2::text, $3::text[], $4::text)", [
    queue,
    table,
    triggerArgs,
    attributes,
  ]);
}

export interface StoredState {
  readonly table: string;
  readonly state: MergeState;
  /** Of the copy; null when it is not needed any more. */
  readonly snapshot: string | null;
}

/** @throws NODE_REFUSED when the table is not local any more */
export async function setTableState(
  db: Connection,
  log: Logger,
  queue: string,
  { table, state, snapshot }: StoredState,
): Promise<void> {
  await callNode(db, log, "select * from londiste.local_set_table_state($1::text, $2::text, $3::text, $4::text)", [
    queue,
    table,
    snapshot,
    formatMergeState(state),
  ]);
}

const REPLACE_STATE = `
  with held as materialized (
    select from londiste.table_info t
     where t.queue_name = $1::text and t.table_name = $2::text and t.local
       and case when t.merge_state = '?' then 'ok' else t.merge_state end is not distinct from $5::text
       for update)
  select f.* from held, lateral londiste.local_set_table_state($1::text, $2::text, $3::text, $4::text) f`;

/** In one round trip. @returns false: the table is not in the state `from`, or not local; nothing was changed */
export async function replaceTableState(
  db: Connection,
  log: Logger,
  queue: string,
  { table, state, snapshot, from }: StoredState & { readonly from: MergeState },
): Promise<boolean> {
  const params = [queue, table, snapshot, formatMergeState(state), formatMergeState(from)];
  const answer = await db.maybeOne<AnswerRow>(REPLACE_STATE, params);
  if (answer === null) return false;
  checkAnswer(answer, REPLACE_STATE);
  logAnswer(log, answer);
  return true;
}

/** `attributes` as formatAttributes gives them. @throws NODE_REFUSED when the table is not local */
export async function setTableAttributes(
  db: Connection,
  log: Logger,
  queue: string,
  { table, attributes }: { readonly table: string; readonly attributes: string | null },
): Promise<void> {
  await callNode(db, log, "select * from londiste.local_set_table_attrs($1::text, $2::text, $3::text)", [
    queue,
    table,
    attributes,
  ]);
}

/** Stores the statements that bring back what a copy drops; null when all is back. Only while it is being copied. */
export async function setDroppedDdl(
  db: Connection,
  log: Logger,
  queue: string,
  { table, ddl }: { readonly table: string; readonly ddl: string | null },
): Promise<void> {
  await callNode(db, log, "select * from londiste.local_set_table_struct($1::text, $2::text, $3::text)", [
    queue,
    table,
    ddl,
  ]);
}
