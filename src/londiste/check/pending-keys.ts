// fkeys: foreign keys that a copy took away, and what they wait for.
import { quoteFqname, type Queryable } from "../../postgres/index.ts";
import type { Member } from "../admin/member.ts";
import { type ForeignKey, getTableList, pendingFkeys, validPendingFkeys } from "../sql-calls/index.ts";
import { formatMergeState } from "../tables/merge-state.ts";
import type { TableInfo } from "../tables/table-info.ts";

export interface PendingKey extends ForeignKey {
  readonly isReady: boolean;
  /** "the worker brings it back", "waits for public.a (in-copy)", "public.b is not replicated here". */
  readonly reason: string;
}

export async function readPendingKeys({ context, db }: Member): Promise<readonly PendingKey[]> {
  const keys = await pendingFkeys(db);
  if (keys.length === 0) return [];
  const ready = await validPendingFkeys(db, context.queue);
  const tables = (await getTableList(db, context.queue)).filter(({ isLocal }) => isLocal);
  const parents = await readParents(
    db,
    keys.flatMap(({ fromTable, toTable }) => [fromTable, toTable]),
  );
  return keys.map((key) => {
    const isReady = ready.some(({ fromTable, name }) => fromTable === key.fromTable && name === key.name);
    return { ...key, isReady, reason: isReady ? "the worker brings it back" : reasonOf(key, tables, parents) };
  });
}

/** The partitioned tables that a table is part of, by its name. */
type Parents = ReadonlyMap<string, readonly string[]>;

const PARENTS = `
  select given.name, array(
           select n.nspname || '.' || c.relname
             from pg_catalog.pg_partition_ancestors(pg_catalog.to_regclass(given.quoted)) a (oid)
             join pg_catalog.pg_class c on c.oid = a.oid join pg_catalog.pg_namespace n on n.oid = c.relnamespace
            where c.oid <> pg_catalog.to_regclass(given.quoted))::text[] as parents
    from unnest($1::text[], $2::text[]) given (name, quoted)`;

async function readParents(db: Queryable, names: readonly string[]): Promise<Parents> {
  const quoted = names.map((name) => quoteFqname(name));
  const rows = await db.query<{ name: string; parents: readonly string[] }>(PARENTS, [names, quoted]);
  return new Map(rows.map(({ name, parents }) => [name, parents]));
}

function reasonOf({ fromTable, toTable }: ForeignKey, tables: readonly TableInfo[], parents: Parents): string {
  const isHere = (name: string): boolean => tables.some(({ dest }) => dest === name);
  const sides = [fromTable, toTable].map((name) => parents.get(name)?.find(isHere) ?? name);
  const absent = [...new Set(sides)].filter((name) => !isHere(name));
  if (absent.length > 0) return `${absent.join(" and ")} is not replicated here: the key does not come back by itself`;
  const waiting = tables.filter(
    ({ dest, state, snapshot }) => sides.includes(dest) && (state.kind !== "ok" || snapshot !== null),
  );
  if (waiting.length === 0) return "another queue of this database brings it back";
  return `waits for ${waiting.map(({ name, state }) => `${name} (${formatMergeState(state) ?? "not copied"})`).join(" and ")}`;
}
