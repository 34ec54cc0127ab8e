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

/** Those that have foreign keys, or triggers that holdTriggers() would disable, in one round trip. Most have none. */
export async function loudTables(db: Queryable, tables: readonly string[]): Promise<readonly string[]> {
  const rows = await db.query<{ name: string }>(LOUD_TABLES, [tables], { name: "londiste_loud_tables" });
  return rows.map(({ name }) => name);
}

const LOUD_TABLES = `
  select given.name
    from pg_catalog.unnest($1::text[]) given(name)
   where exists (select from londiste.find_table_fkeys(given.name))
      or exists (select
                   from pg_catalog.pg_trigger t
                   join pg_catalog.pg_proc f on f.oid = t.tgfoid
                  where (t.tgrelid = londiste._find_any_table(given.name)
                         or t.tgrelid in (select p.relid
                                            from pg_catalog.pg_partition_tree(londiste._find_any_table(given.name)) p))
                    and not t.tgisinternal
                    and t.tgenabled = 'O'
                    and t.tgparentid = 0
                    and f.pronamespace not in ('pgq'::regnamespace, 'londiste'::regnamespace))`;

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
