// What a copy must know of a table on one side.
import { SkytoolsError } from "../../errors/index.ts";
import { type Connection, splitFqname } from "../../postgres/index.ts";

export interface SideColumn {
  readonly name: string;
  readonly isGenerated: boolean;
  /** Names of the type and of the types that it is made of: the same text, the same form. */
  readonly type: string;
  /** The binary form means the same on another server: no numbers of catalogue rows in it, and not that of an extension. */
  readonly isPortable: boolean;
}

/** A table, or a partition of it, that holds rows. */
export interface SidePart {
  /** schema.name, not quoted. */
  readonly name: string;
  /** Rows are found by ctid. */
  readonly hasBlocks: boolean;
  readonly blocks: number;
  readonly sizeBytes: number;
  /** Changes when the table is rewritten or truncated. */
  readonly filenode: string | null;
  /** A crash of the server does not empty it. */
  readonly isPermanent: boolean;
}

export interface Side {
  readonly columns: readonly SideColumn[];
  readonly isPartitioned: boolean;
  readonly parts: readonly SidePart[];
}

const COLUMNS = `
  with recursive part (col, type) as (
    select a.attnum, a.atttypid from pg_attribute a
     where a.attrelid = $1::int8::oid and a.attnum > 0 and not a.attisdropped
     union
    select p.col, x.type from part p join pg_type t on t.oid = p.type
     cross join lateral (
       select t.typbasetype where t.typtype = 'd'
        union all select t.typelem where t.typcategory = 'A' and t.typelem <> 0
        union all select r.rngsubtype from pg_range r where t.oid in (r.rngtypid, r.rngmultitypid)) x (type)
  )
  select a.attname::text as name, a.attgenerated <> '' as "isGenerated",
         string_agg(format_type(t.oid, null), ',' order by format_type(t.oid, null)) as type,
         bool_and(t.typtype in ('b', 'd', 'e', 'r', 'm') and f.pronamespace is not null
                  and (t.typcategory <> 'A' or t.typelem < 16384)
                  and t.oid not in (24, 2202, 2203, 2204, 2205, 2206, 3734, 3769, 4089, 4096, 4191)) as "isPortable"
    from pg_attribute a join part p on p.col = a.attnum join pg_type t on t.oid = p.type
    left join pg_proc f on f.oid = t.typreceive and f.pronamespace = 'pg_catalog'::regnamespace
   where a.attrelid = $1::int8::oid
   group by a.attnum, a.attname, a.attgenerated
   order by a.attnum`;

const PARTS = `
  select n.nspname || '.' || c.relname as name, c.relkind = 'r' as "hasBlocks",
         coalesce(pg_relation_size(c.oid) / current_setting('block_size')::int8, 0)::float8 as blocks,
         coalesce(pg_table_size(c.oid), 0)::float8 as "sizeBytes",
         pg_relation_filenode(c.oid)::text as filenode, c.relpersistence = 'p' as "isPermanent"
    from (select t.relid from pg_partition_tree($1::int8::oid::regclass) t where t.isleaf and $2::bool
           union all select $1::int8::oid where not $2::bool) l (oid)
    join pg_class c on c.oid = l.oid join pg_namespace n on n.oid = c.relnamespace
   where c.relkind in ('r', 'f')
   order by 1`;

/** Waits for whoever has locked the table. @throws COPY_FAILED when there is no such table */
export async function readSide(db: Connection, table: string, signal?: AbortSignal): Promise<Side> {
  const found = await db.maybeOne<{ oid: bigint; kind: string }>(
    `select c.oid::int8 as oid, c.relkind::text as kind from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname = $1 and c.relname = $2 and c.relkind in ('r', 'p', 'f')`,
    splitFqname(table),
  );
  if (found === null) {
    throw new SkytoolsError("COPY_FAILED", `table ${table} does not exist in database ${db.facts.database}`, {
      hint: "create it, or add it with --create",
    });
  }
  const isPartitioned = found.kind === "p";
  return {
    isPartitioned,
    columns: await db.query<SideColumn>(COLUMNS, [found.oid], { signal }),
    parts: await db.query<SidePart>(PARTS, [found.oid, isPartitioned], { signal }),
  };
}
