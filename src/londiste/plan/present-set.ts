// What is there of a set already.
import { getNodeInfo, type NodeInfo } from "../../cascade/index.ts";
import type { Connection } from "../../postgres/index.ts";
import { getSeqList, getTableList, readLondisteFacts, type SequenceInfo } from "../sql-calls/index.ts";
import type { TableInfo } from "../tables/table-info.ts";

export interface PresentNode {
  /** null: there is no node of the queue in that database. */
  readonly info: NodeInfo | null;
  readonly tables: readonly TableInfo[];
  readonly sequences: readonly SequenceInfo[];
  /** Names "schema.name" of what could be part of the set. */
  readonly allTables: readonly string[];
  readonly allSequences: readonly string[];
}

const OBJECTS = `
  select n.nspname || '.' || c.relname as name, c.relkind = 'S' as is_sequence
  from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'p', 'S') and not c.relispartition and c.relpersistence = 'p'
        and n.nspname not in ('pgq', 'pgq_ext', 'pgq_node', 'pgq_coop', 'londiste', 'information_schema', 'partconf')
        and n.nspname !~ '^pg_'
  order by 1`;

export async function readPresentNode(db: Connection, queue: string): Promise<PresentNode> {
  const objects = await db.query<{ name: string; is_sequence: boolean }>(OBJECTS);
  const allTables = objects.filter((object) => !object.is_sequence).map(({ name }) => name);
  const allSequences = objects.filter((object) => object.is_sequence).map(({ name }) => name);
  const { found } = await db.one<{ found: boolean }>("select to_regnamespace('pgq_node') is not null as found");
  const info = found ? await getNodeInfo(db, queue) : null;
  const hasLondiste = info !== null && (await readLondisteFacts(db)).version !== null;
  return {
    info,
    tables: hasLondiste ? await getTableList(db, queue) : [],
    sequences: hasLondiste ? await getSeqList(db, queue) : [],
    ...{ allTables, allSequences },
  };
}
