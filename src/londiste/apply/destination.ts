// What must be known of a table of this node to write rows into it.
import { SkytoolsError } from "../../errors/index.ts";
import { type Connection, quoteFqname } from "../../postgres/index.ts";

export interface DestinationColumn {
  readonly name: string;
  /** Without modifier, as a cast takes it. */
  readonly type: string;
  /** Type of an array of these; null where that does not unnest to one value each: arrays, composites, box. */
  readonly arrayType: string | null;
  /** Its value is computed: never written. */
  readonly isGenerated: boolean;
  /** `generated always as identity`: written by insert only. */
  readonly isAlwaysIdentity: boolean;
  readonly isNotNull: boolean;
  /** Equal values have the same text; not so for numeric, citext, float, … */
  readonly isExact: boolean;
  readonly hasEquality: boolean;
}

/** Columns that are unique together, with the operator that their index compares with. */
export type UniqueKey = readonly { readonly name: string; readonly equals: string }[];

export interface Destination {
  /** As it was asked for, and quoted. */
  readonly name: string;
  readonly quoted: string;
  /** `only t`, where the name alone would mean the tables below it too. */
  readonly only: string;
  readonly columns: ReadonlyMap<string, DestinationColumn>;
  readonly uniqueKeys: readonly UniqueKey[];
  readonly hasAlwaysIdentity: boolean;
  /** Plain statements as sqltriga writes them cannot be run: a column must not be written. */
  readonly hasUnwritable: boolean;
  /** COPY may write into it and does what INSERT would do. */
  readonly isCopyable: boolean;
  /** A trigger may change what becomes of a row, so counts say nothing about inserts. */
  readonly hasInsertTrigger: boolean;
}

/** Exact: int2, int4, int8, oid, bool, uuid, date, time, timestamp, timestamptz, bytea, enums; text where it is deterministic. */
const DESTINATION = `
select c.relkind::text as kind,
    c.relkind in ('r', 'p') and not c.relhasrules and not pg_catalog.row_security_active(c.oid) as copyable,
    exists (select from pg_catalog.pg_trigger g
        where g.tgrelid = c.oid and g.tgtype::int & 5 = 5 and g.tgtype::int & 66 <> 0) as insert_trigger,
    (select coalesce(pg_catalog.json_agg(pg_catalog.json_build_object(
            'name', a.attname,
            'type', pg_catalog.format_type(a.atttypid, -1),
            'arrayType', case when t.typarray <> 0 and t.typdelim = ',' and b.typcategory <> 'A' and b.typelem = 0 and b.typtype <> 'c'
                then pg_catalog.format_type(t.typarray, -1) end,
            'isGenerated', a.attgenerated <> '',
            'isAlwaysIdentity', a.attidentity = 'a',
            'isNotNull', a.attnotnull,
            'isExact', b.oid in (16, 17, 20, 21, 23, 26, 1082, 1083, 1114, 1184, 2950) or b.typtype = 'e'
                or b.oid in (25, 1043) and coalesce(l.collisdeterministic, true),
            'hasEquality', exists (select from pg_catalog.pg_opclass o
                where o.opcdefault and (o.opcintype = b.oid or b.typtype = 'e' and o.opcintype = 3500
                    or b.typtype = 'r' and o.opcintype = 3831 or b.typtype = 'c' and o.opcintype = 2249
                    or b.typcategory = 'A' and o.opcintype = 2277
                    or exists (select from pg_catalog.pg_cast x
                        where x.castsource = b.oid and x.casttarget = o.opcintype and x.castmethod = 'b'
                            and x.castcontext = 'i')))
        ) order by a.attnum), '[]')
        from pg_catalog.pg_attribute a
            join pg_catalog.pg_type t on t.oid = a.atttypid
            cross join lateral (
                with recursive d (oid, typtype, typbasetype) as (
                    select t.oid, t.typtype, t.typbasetype
                    union all
                    select y.oid, y.typtype, y.typbasetype from d join pg_catalog.pg_type y on y.oid = d.typbasetype)
                select d.oid from d where d.typtype <> 'd') base
            join pg_catalog.pg_type b on b.oid = base.oid
            left join pg_catalog.pg_collation l on l.oid = a.attcollation
        where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped)::text as columns,
    (select coalesce(pg_catalog.json_agg(k.key order by k.is_primary desc, k.id), '[]') from (
        select i.indexrelid as id, i.indisprimary as is_primary, (
            select pg_catalog.json_agg(pg_catalog.json_build_object('name', a.attname,
                    'equals', 'operator(' || pg_catalog.quote_ident(n.nspname) || '.' || p.oprname || ')') order by u.ord)
                from rows from (pg_catalog.unnest(i.indkey::int2[]), pg_catalog.unnest(i.indclass::oid[]))
                        with ordinality u (attnum, class, ord)
                    join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum = u.attnum
                    join pg_catalog.pg_opclass s on s.oid = u.class
                    join pg_catalog.pg_amop m on m.amopfamily = s.opcfamily and m.amoplefttype = s.opcintype
                        and m.amoprighttype = s.opcintype and m.amopstrategy = 3
                    join pg_catalog.pg_operator p on p.oid = m.amopopr
                    join pg_catalog.pg_namespace n on n.oid = p.oprnamespace
                where u.ord <= i.indnkeyatts) as key
        from pg_catalog.pg_index i
            join pg_catalog.pg_class x on x.oid = i.indexrelid
            join pg_catalog.pg_am am on am.oid = x.relam
        where i.indrelid = c.oid and i.indisunique and i.indisvalid and i.indpred is null and i.indexprs is null
            and am.amname = 'btree') k where k.key is not null)::text as keys
from pg_catalog.pg_class c
where c.oid = pg_catalog.to_regclass($1)`;

interface DestinationRow {
  readonly kind: string;
  readonly copyable: boolean;
  readonly insert_trigger: boolean;
  readonly columns: string;
  readonly keys: string;
}

/** @param name - schema.table, not quoted. @throws REPLICA_TABLE when there is no such table */
export async function readDestination(db: Connection, name: string): Promise<Destination> {
  const quoted = quoteFqname(name);
  const row = await db.maybeOne<DestinationRow>(DESTINATION, [quoted], { name: "londiste_destination" });
  if (row === null) {
    throw new SkytoolsError("REPLICA_TABLE", `table ${name} does not exist on this node`, {
      hint: "create it, or remove it from this node with remove-table",
    });
  }
  const columns = JSON.parse(row.columns) as DestinationColumn[];
  const hasAlwaysIdentity = columns.some((column) => column.isAlwaysIdentity);
  return {
    name,
    quoted,
    only: row.kind === "r" ? `only ${quoted}` : quoted,
    columns: new Map(columns.map((column) => [column.name, column])),
    uniqueKeys: JSON.parse(row.keys) as UniqueKey[],
    hasAlwaysIdentity,
    hasUnwritable: hasAlwaysIdentity || columns.some((column) => column.isGenerated),
    isCopyable: row.copyable,
    hasInsertTrigger: row.insert_trigger,
  };
}

/** In place of a table that need not be there. */
export function noDestination(name: string): Destination {
  return {
    name,
    quoted: quoteFqname(name),
    only: quoteFqname(name),
    columns: new Map(),
    uniqueKeys: [],
    hasAlwaysIdentity: false,
    hasUnwritable: false,
    isCopyable: false,
    hasInsertTrigger: false,
  };
}

/** The unique key that the columns hold, so that they find at most one row. */
export function uniqueKeyWithin({ uniqueKeys }: Destination, columns: readonly string[]): UniqueKey | null {
  return uniqueKeys.find((key) => key.every(({ name }) => columns.includes(name))) ?? null;
}

/** @throws REPLICA_TABLE when there is no such column */
export function columnOf(destination: Destination, name: string): DestinationColumn {
  const column = destination.columns.get(name);
  if (column !== undefined) return column;
  throw new SkytoolsError("REPLICA_TABLE", `table ${destination.name} has no column ${JSON.stringify(name)}`, {
    hint: "add the column here; changes of tables are best made by `execute` on the root",
  });
}
