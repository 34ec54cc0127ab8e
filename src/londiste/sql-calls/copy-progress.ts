// How far the copies of a node are, as their worker tells it, for who looks on from another process.
import type { Connection, Queryable } from "../../postgres/index.ts";
import type { CopyProgress } from "../copy/index.ts";
import type { CopySubject } from "./copied-ranges.ts";

export interface ToldProgress extends Omit<CopyProgress, "phase" | "error"> {
  /** Since the worker has told it. */
  readonly ageSeconds: number;
}

/** False for the C schema, and one that was installed by an earlier release. */
export async function hasCopyProgress(db: Queryable): Promise<boolean> {
  const { found } = await db.one<{ found: boolean }>(
    "select pg_catalog.to_regclass('londiste.copy_progress') is not null as found",
  );
  return found;
}

/** Of the tables in the state in-copy, in their order. On any schema. */
export async function readCopyProgress(db: Queryable, queue: string): Promise<readonly ToldProgress[]> {
  if (!(await hasCopyProgress(db))) return [];
  return await db.query<ToldProgress & Record<string, unknown>>(TOLD, [queue]);
}

const TOLD = `
  select p.table_name as table, p.copied_rows as rows, p.copied_bytes as bytes, p.copied_share as fraction,
         p.rows_per_second as "rowsPerSecond", p.bytes_per_second as "bytesPerSecond", p.seconds_left as "secondsLeft",
         extract(epoch from pg_catalog.clock_timestamp() - p.told)::float8 as "ageSeconds"
    from londiste.copy_progress p
    join londiste.table_info t on t.queue_name = p.queue_name and t.table_name = p.table_name
   where p.queue_name = $1 and t.local and t.merge_state = 'in-copy'
   order by t.nr, t.table_name`;

export async function tellCopyProgress(
  db: Connection,
  { queue, table }: CopySubject,
  { rows, bytes, fraction, rowsPerSecond, bytesPerSecond, secondsLeft }: CopyProgress,
): Promise<void> {
  await db.query(TELL, [queue, table, rows, bytes, fraction, rowsPerSecond, bytesPerSecond, secondsLeft]);
}

const TELL = `
  insert into londiste.copy_progress as p (queue_name, table_name, copied_rows, copied_bytes, copied_share, rows_per_second,
         bytes_per_second, seconds_left, told)
  values ($1, $2, $3, $4, $5, $6, $7, $8, pg_catalog.clock_timestamp())
  on conflict (queue_name, table_name) do update
     set copied_rows = excluded.copied_rows, copied_bytes = excluded.copied_bytes, copied_share = excluded.copied_share,
         rows_per_second = excluded.rows_per_second, bytes_per_second = excluded.bytes_per_second,
         seconds_left = excluded.seconds_left, told = excluded.told`;

export async function forgetCopyProgress(db: Connection, { queue, table }: CopySubject): Promise<void> {
  await db.query("delete from londiste.copy_progress where queue_name = $1 and table_name = $2", [queue, table]);
}
