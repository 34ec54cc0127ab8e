// Reads of the worker's rounds that are no functions of our schemas.
import type { PipelineStatement, Queryable } from "../../postgres/index.ts";

const VERSION = `select coalesce(md5(string_agg(t.ctid::text || t.xmin::text, ',' order by t.ctid)), '') as version
       from londiste.table_info t where t.queue_name = $1`;

/** `version`: another text whenever a row of the queue's tables was changed. */
export function tablesVersionStatement(queue: string): PipelineStatement {
  return { sql: VERSION, params: [queue], name: "londiste_tables_version" };
}

export async function readTablesVersion(db: Queryable, queue: string): Promise<string> {
  const { version } = await db.one<{ version: string }>(VERSION, [queue], { name: "londiste_tables_version" });
  return version;
}

/** txid_snapshot text of the tick; null: it is not kept any more. */
export async function readTickSnapshot(db: Queryable, queue: string, tick: bigint): Promise<string | null> {
  const row = await db.maybeOne<{ snapshot: string }>(
    `select t.tick_snapshot::text as snapshot from pgq.tick t join pgq.queue q on q.queue_id = t.tick_queue
      where q.queue_name = $1 and t.tick_id = $2`,
    [queue, tick],
  );
  return row === null ? null : row.snapshot;
}
