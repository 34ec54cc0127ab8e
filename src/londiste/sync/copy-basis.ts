// What the rows of a copy rely on: as long as none of it has changed, rows that were copied under an older snapshot become
// right by replaying what has happened since, and a copy can be gone on with. It is stored as JSON with the copy.
import { type Connection, PostgresError } from "../../postgres/index.ts";
import type { CopyScene } from "../copy/index.ts";

/** What → how it was. The names stand in the log when they differ. */
export type CopyBasis = Readonly<Record<string, string>>;

export interface BasisSubject {
  /** Node that is copied from, and the names of the set and the table there. */
  readonly node: string;
  readonly queue: string;
  readonly table: string;
  readonly sourceTable: string;
  readonly targetTable: string;
}

const SERVER = "(select system_identifier::text from pg_control_system())";
const TIMELINE = "left(pg_walfile_name(pg_current_wal_lsn()), 8)";

/** What the server of the source keeps to itself, as some managed ones do; null: nothing. Outside of a transaction. */
export async function basisObstacle(source: Connection): Promise<string | null> {
  try {
    await source.query(`select ${SERVER}, ${TIMELINE}, pg_logical_emit_message(false, 'londiste', 'copy')`);
    return null;
  } catch (error) {
    if (error instanceof PostgresError) return `the source does not tell of its WAL: ${error.message}`;
    throw error;
  }
}

/** Both connections are those of the scene. */
export async function readBasis(scene: CopyScene, subject: BasisSubject): Promise<CopyBasis> {
  const { source, target, columns, targetSide } = scene;
  const there = await source.one<Record<string, string>>(SOURCE, [subject.sourceTable, subject.queue, subject.table]);
  const here = await target.one<Record<string, string>>(TARGET, [subject.targetTable]);
  return {
    "the node that it is copied from": subject.node,
    ...there,
    "the columns that are copied": JSON.stringify(columns),
    ...here,
    "the files of the table here": targetSide.parts.map(({ name, filenode }) => `${name} ${filenode ?? ""}`).join(),
  };
}

/** What has changed first; null: nothing. */
export function changedBasis(before: string, now: CopyBasis): string | null {
  const then = JSON.parse(before) as CopyBasis;
  return Object.keys({ ...then, ...now }).find((what) => then[what] !== now[what]) ?? null;
}

export function basisColumns(basis: string): readonly string[] {
  return JSON.parse((JSON.parse(basis) as CopyBasis)["the columns that are copied"] ?? "[]") as string[];
}

/** $1 is schema.table, not quoted. */
const RELATION = `
  select c.oid from pg_class c join pg_namespace n on n.oid = c.relnamespace
   where n.nspname || '.' || c.relname = $1::text and c.relkind in ('r', 'p', 'f')`;

const COLUMNS = `
  (select string_agg(a.attnum || ' ' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod), ',' order by a.attnum)
     from pg_attribute a where a.attrelid = t.oid and a.attnum > 0 and not a.attisdropped)`;

/**
 * Scripts may change rows without events, and so may whoever changes triggers. A row of table_info is written anew whenever
 * the table is copied there, or gets another handler.
 */
const SOURCE = `
  select ${SERVER} as "the server of the source",
         ${TIMELINE} as "the timeline of the source",
         t.oid::text as "the table at the source",
         ${COLUMNS} as "the columns at the source",
         (select string_agg(concat_ws(' ', g.oid, g.xmin, g.tgenabled), ',' order by g.oid)
            from pg_trigger g
           where not g.tgisinternal
             and (g.tgrelid = t.oid or g.tgrelid in (select p.relid from pg_partition_tree(t.oid) p)))
           as "the triggers at the source",
         (select string_agg(x.indexrelid::text, ',' order by x.indexrelid)
            from pg_index x where x.indrelid = t.oid and x.indisunique and x.indisvalid) as "the unique keys at the source",
         (select count(*)::text from londiste.applied_execute) as "the scripts that were run at the source",
         (select i.ctid::text || i.xmin::text from londiste.table_info i where i.queue_name = $2 and i.table_name = $3)
           as "what londiste knows of the table at the source"
    from (${RELATION}) t`;

const TARGET = `
  select t.oid::text as "the table here", ${COLUMNS} as "the columns here" from (${RELATION}) t`;

/** All that the snapshot sees is still there after a crash of the server, even where commits do not wait for the disk. */
export async function makeDurable(source: Connection): Promise<void> {
  await source.transaction(async () => {
    await source.execute("set local synchronous_commit to local");
    await source.query("select pg_logical_emit_message(true, 'londiste', 'copy')");
  });
}
