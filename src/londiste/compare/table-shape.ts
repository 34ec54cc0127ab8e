// What a comparison needs to know of a table on one side.
import { SkytoolsError } from "../../errors/index.ts";
import { type Connection, quoteFqname } from "../../postgres/index.ts";

export interface ColumnShape {
  readonly name: string;
  /** As format_type gives it. */
  readonly type: string;
  readonly typeOid: number;
  readonly modifier: number;
  readonly isNotNull: boolean;
  readonly isGenerated: boolean;
  /** Sorted by bytes, whatever the server's locale. */
  readonly isSortedByBytes: boolean;
}

export interface TableShape {
  readonly table: string;
  /** Of the database. */
  readonly encoding: string;
  /** For FROM: with ONLY where children of inheritance would come along. */
  readonly from: string;
  /** ctid means something: an ordinary or partitioned table. */
  readonly hasPages: boolean;
  /** Can be sampled. */
  readonly columns: ReadonlyMap<string, ColumnShape>;
  /** Column lists of unique indexes whose columns cannot be null, best first. */
  readonly keys: readonly (readonly string[])[];
  readonly estimatedRows: number;
  /** Pages of the largest part. */
  readonly pages: number;
  /** How far the order of rows on disk follows the first column of the best key, 0 to 1. */
  readonly correlation: number;
}

interface RelationRow {
  readonly oid: number;
  readonly encoding: string;
  readonly kind: string;
  readonly rows: number;
  readonly pages: number;
}

const RELATION = `
  with recursive part as (
    select c.oid, c.relkind, c.reltuples from pg_catalog.pg_class c where c.oid = pg_catalog.to_regclass($1)
    union all
    select c.oid, c.relkind, c.reltuples
    from part p join pg_catalog.pg_inherits i on i.inhparent = p.oid join pg_catalog.pg_class c on c.oid = i.inhrelid
    where p.relkind = 'p'
  ), leaf as (
    select *, pg_catalog.pg_relation_size(oid) / current_setting('block_size')::int8 as pages
    from part where relkind <> 'p'
  )
  select c.oid, c.relkind::text as kind, current_setting('server_encoding') as encoding,
         coalesce((select sum(case when reltuples < 0 then pages * 50 else reltuples end) from leaf), 0)::float8 as rows,
         coalesce((select max(pages) from leaf), 0)::float8 as pages
  from pg_catalog.pg_class c where c.oid = pg_catalog.to_regclass($1)`;

const COLUMNS = `
  select a.attname as name, pg_catalog.format_type(a.atttypid, a.atttypmod) as type, a.atttypid::int8 as type_oid,
         a.atttypmod as modifier, a.attnotnull as not_null, a.attgenerated::text <> '' as generated,
         case when a.attcollation = 0 then false
              when co.collname = 'default'
              then d.datcollate in ('C', 'POSIX') and d.datlocprovider = 'c'
              else co.collname in ('C', 'POSIX') end as by_bytes
  from pg_catalog.pg_attribute a
       join pg_catalog.pg_database d on d.datname = current_database()
       left join pg_catalog.pg_collation co on co.oid = a.attcollation
  where a.attrelid = $1 and a.attnum > 0 and not a.attisdropped
  order by a.attnum`;

const KEYS = `
  select pg_catalog.array_agg(a.attname::text order by k.place) as columns
  from pg_catalog.pg_index i
       cross join lateral unnest(i.indkey::int2[]) with ordinality as k (attnum, place)
       join pg_catalog.pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.attnum
  where i.indrelid = $1 and i.indisunique and i.indisvalid and i.indpred is null and i.indexprs is null
        and i.indimmediate and k.place <= i.indnkeyatts
  group by i.indexrelid, i.indisprimary, i.indisreplident, i.indnkeyatts
  having pg_catalog.bool_and(a.attnotnull)
  order by i.indisprimary desc, i.indisreplident desc, i.indnkeyatts, i.indexrelid`;

const CORRELATION = `
  select max(abs(s.correlation))::float8 as correlation
  from pg_catalog.pg_stats s join pg_catalog.pg_class c on c.relname = s.tablename
       join pg_catalog.pg_namespace n on n.oid = c.relnamespace and n.nspname = s.schemaname
  where c.oid = $1 and s.attname = $2`;

/** @throws WRONG_USE when there is no such table */
export async function readTableShape(db: Connection, table: string): Promise<TableShape> {
  const quoted = quoteFqname(table);
  const relation = await db.maybeOne<RelationRow>(RELATION, [quoted]);
  if (relation === null) {
    throw new SkytoolsError("WRONG_USE", `there is no table ${table} in database ${db.facts.database}`);
  }
  const oid = relation.oid;
  const columns = await readColumns(db, oid);
  const keys = (await db.query<{ columns: string[] }>(KEYS, [oid])).map(({ columns: names }) => names);
  const first = keys[0]?.[0];
  const found =
    first === undefined ? null : await db.maybeOne<{ correlation: number | null }>(CORRELATION, [oid, first]);
  return {
    table,
    encoding: relation.encoding,
    from: relation.kind === "r" ? `only ${quoted}` : quoted,
    hasPages: relation.kind === "r" || relation.kind === "p" || relation.kind === "m",
    columns,
    keys,
    estimatedRows: relation.rows,
    pages: relation.pages,
    correlation: found?.correlation ?? 1,
  };
}

interface ColumnRow {
  readonly name: string;
  readonly type: string;
  readonly type_oid: bigint;
  readonly modifier: number;
  readonly not_null: boolean;
  readonly generated: boolean;
  readonly by_bytes: boolean;
}

async function readColumns(db: Connection, oid: number): Promise<ReadonlyMap<string, ColumnShape>> {
  // Before version 15 all locales are those of the C library.
  const sql = db.facts.serverVersion < 150000 ? COLUMNS.replace("d.datlocprovider = 'c'", "true") : COLUMNS;
  const rows = await db.query<ColumnRow>(sql, [oid]);
  return new Map(
    rows.map((row) => [
      row.name,
      {
        name: row.name,
        type: row.type,
        typeOid: Number(row.type_oid),
        modifier: row.modifier,
        isNotNull: row.not_null,
        isGenerated: row.generated,
        isSortedByBytes: row.by_bytes,
      },
    ]),
  );
}
