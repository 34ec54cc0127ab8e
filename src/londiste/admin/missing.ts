// What could be added on a node: on the root what the database has, elsewhere what the set has.
import { getSeqList, getTableList } from "../sql-calls/index.ts";
import type { Member } from "./member.ts";

export interface MissingObjects {
  /** Full names, sorted. */
  readonly tables: readonly string[];
  readonly sequences: readonly string[];
}

// Partitions belong to their parent, and sequences that are in the set are not missing: the function of the schema, which
// old programs call, lists both.
const DATABASE_OBJECTS = `
select c.relkind::text as kind, n.nspname || '.' || c.relname as name
  from pg_catalog.pg_class c
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
 where (c.relkind in ('r', 'p') and not c.relispartition and c.relpersistence <> 't' or c.relkind = 'S')
   and n.nspname not in ('pgq', 'pgq_ext', 'pgq_node', 'pgq_coop', 'londiste', 'pg_catalog', 'information_schema')
   and n.nspname !~ '^pg_(toast|temp)'
   and not exists (select from pg_catalog.pg_depend d
                    where d.classid = 'pg_catalog.pg_class'::regclass and d.objid = c.oid and d.deptype = 'e')
 order by n.nspname collate "C", c.relname collate "C"`;

export async function missingObjects({ context, db, node }: Member): Promise<MissingObjects> {
  const tables = await getTableList(db, context.queue);
  const sequences = await getSeqList(db, context.queue);
  if (node.type !== "root") {
    const namesOf = (list: readonly { readonly name: string; readonly isLocal: boolean }[]): readonly string[] =>
      list.filter(({ isLocal }) => !isLocal).map(({ name }) => name);
    return { tables: namesOf(tables).toSorted(), sequences: namesOf(sequences).toSorted() };
  }
  const attached = new Set([
    ...tables.filter(({ isLocal }) => isLocal).map(({ dest }) => dest),
    ...sequences.filter(({ isLocal }) => isLocal).map(({ name }) => name),
  ]);
  const free = (await db.query<{ kind: string; name: string }>(DATABASE_OBJECTS)).filter(
    ({ name }) => !attached.has(name),
  );
  return {
    tables: free.filter(({ kind }) => kind !== "S").map(({ name }) => name),
    sequences: free.filter(({ kind }) => kind === "S").map(({ name }) => name),
  };
}
