// Foreign keys that a copy takes away and gives back. Names are "schema.table".
import type { Queryable } from "../../postgres/index.ts";

export interface ForeignKey {
  readonly fromTable: string;
  readonly toTable: string;
  readonly name: string;
  /** The statement that makes it. */
  readonly definition: string;
}

interface KeyRow {
  readonly from_table: string;
  readonly to_table: string;
  readonly fkey_name: string;
  readonly fkey_def: string;
}

const COLUMNS = "select from_table, to_table, fkey_name, fkey_def from";

/** Keys from and to a table that are there now. */
export async function findTableFkeys(db: Queryable, table: string): Promise<readonly ForeignKey[]> {
  return toKeys(await db.query<KeyRow>(`${COLUMNS} londiste.find_table_fkeys($1::text)`, [table]));
}

/** Takes a key away and notes it. @returns false: there is none of that name */
export async function dropTableFkey(
  db: Queryable,
  { fromTable, name }: Pick<ForeignKey, "fromTable" | "name">,
): Promise<boolean> {
  const row = await db.one<{ dropped: number }>(
    "select londiste.drop_table_fkey($1::text, $2::text)::int4 as dropped",
    [fromTable, name],
  );
  return row.dropped === 1;
}

/**
 * One step of giving a key back, in ways that hold up writers for a moment only: run the statement that is returned in
 * the same transaction, commit, and call again. null: all is done.
 */
export async function restoreTableFkey(
  db: Queryable,
  { fromTable, name }: Pick<ForeignKey, "fromTable" | "name">,
): Promise<string | null> {
  const row = await db.one<{ statement: string | null }>(
    "select londiste.restore_table_fkey($1::text, $2::text, true) as statement",
    [fromTable, name],
  );
  return row.statement === "" ? null : row.statement;
}

/** Keys that can come back now: both tables are in sync, and this queue is the one that has to do it. */
export async function validPendingFkeys(db: Queryable, queue: string): Promise<readonly ForeignKey[]> {
  return toKeys(
    await db.query<KeyRow>(`${COLUMNS} londiste.get_valid_pending_fkeys($1::text)`, [queue], {
      name: "londiste_valid_fkeys",
    }),
  );
}

/** All keys of the database that are away, of any queue. */
export async function pendingFkeys(db: Queryable): Promise<readonly ForeignKey[]> {
  return toKeys(await db.query<KeyRow>(`${COLUMNS} londiste.pending_fkeys order by from_table, to_table, fkey_name`));
}

function toKeys(rows: readonly KeyRow[]): readonly ForeignKey[] {
  return rows.map(({ from_table, to_table, fkey_name, fkey_def }) => ({
    fromTable: from_table,
    toTable: to_table,
    name: fkey_name,
    definition: fkey_def,
  }));
}
