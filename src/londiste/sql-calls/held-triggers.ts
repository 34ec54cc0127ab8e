// Triggers of users that are disabled where replay cannot keep them from firing. Names of tables are "schema.table".
import type { Queryable } from "../../postgres/index.ts";

export interface HeldTrigger {
  readonly table: string;
  readonly name: string;
}

/** Disables and notes them, of the table and its partitions. @returns how many. @throws DATABASE 42501 unless we own it */
export async function holdTriggers(db: Queryable, table: string): Promise<number> {
  return (await db.one<{ count: number }>("select londiste.hold_triggers($1::text) as count", [table])).count;
}

/** Enables again what was disabled, of all tables. @returns how many. @throws DATABASE 42501 unless we own them */
export async function restoreTriggers(db: Queryable): Promise<number> {
  return (await db.one<{ count: number }>("select londiste.restore_triggers(null) as count")).count;
}

/** Of the whole database; empty for the C schema, which has no such list. */
export async function heldTriggers(db: Queryable): Promise<readonly HeldTrigger[]> {
  const { found } = await db.one<{ found: boolean }>(
    "select pg_catalog.to_regclass('londiste.pending_triggers') is not null as found",
  );
  if (!found) return [];
  return await db.query<HeldTrigger & Record<string, string>>(
    'select table_name as "table", trigger_name as name from londiste.pending_triggers order by 1, 2',
  );
}
