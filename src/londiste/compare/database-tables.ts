// Which tables of a database are compared with those of another, where no replica set says so.
import { SkytoolsError } from "../../errors/index.ts";
import type { Connection } from "../../postgres/index.ts";
import { globPattern } from "../tables/glob.ts";
import { fullName } from "../tables/table-info.ts";

export interface DatabaseTables {
  /** In both; "schema.name". */
  readonly tables: readonly string[];
  /** In the source, and not in the target. */
  readonly missing: readonly string[];
}

// Partitions are read with their parent. What our own schemas hold is each database's own.
const TABLES = `
  select n.nspname || '.' || c.relname as name
  from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'p') and not c.relispartition and c.relpersistence <> 't'
    and n.nspname not in ('pg_catalog', 'information_schema', 'pgq', 'pgq_coop', 'pgq_ext', 'pgq_node', 'londiste')
    and n.nspname !~ '^pg_toast|^pg_temp'
  order by 1`;

/**
 * `names` with or without schema, globs of * and ?; none: all tables of the source.
 * @throws WRONG_USE when the source has no such table
 */
export async function findDatabaseTables(
  source: Connection,
  target: Connection,
  names: readonly string[],
): Promise<DatabaseTables> {
  const [ours, theirs] = await Promise.all([tablesOf(source), tablesOf(target)]);
  const there = new Set(theirs);
  const wanted = names.length === 0 ? ours : [...new Set(names.flatMap((name) => matching(fullName(name), ours)))];
  return {
    tables: wanted.filter((name) => there.has(name)),
    missing: wanted.filter((name) => !there.has(name)),
  };
}

function matching(name: string, tables: readonly string[]): readonly string[] {
  const pattern = globPattern(name);
  const found = tables.filter((table) => pattern.test(table));
  if (found.length > 0) return found;
  throw new SkytoolsError("WRONG_USE", `the source has no table ${name}`, {
    hint: "write schema.table, or a pattern with * and ? in quotes; a partition is compared with its parent",
  });
}

async function tablesOf(db: Connection): Promise<readonly string[]> {
  return (await db.query<{ name: string }>(TABLES)).map(({ name }) => name);
}
