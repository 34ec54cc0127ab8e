// Tables, columns, constraints, indexes and sequences that should be there.
import type { InstallDatabase } from "../database.ts";
import type { Manifest } from "../manifest/manifest.ts";
import { type Finding, problem, reinstall, remark } from "./finding.ts";

interface ColumnRow {
  table: string;
  column: string;
  type: string | null; // null: no such column
  wanted_type: string;
  is_not_null: boolean | null;
}

// $1 tables, $2 columns, $3 types, of the same length
const COLUMNS = `
select w.t as "table", w.c as "column", pg_catalog.format_type(a.atttypid, a.atttypmod) as type,
       pg_catalog.format_type(w.y::pg_catalog.regtype, null) as wanted_type, a.attnotnull as is_not_null
  from unnest($1::text[], $2::text[], $3::text[]) w(t, c, y)
  left join pg_catalog.pg_attribute a
    on a.attrelid = pg_catalog.to_regclass(w.t) and a.attname = w.c and a.attnum > 0 and not a.attisdropped
 where pg_catalog.to_regclass(w.t) is not null
 order by 1, 2`;

interface MissingRow {
  kind: string;
  name: string;
}

// $1 relations (tables, sequences, indexes), $2 and $3 tables and constraints of the same length
const MISSING = `
select 'relation' as kind, r as name
  from pg_catalog.unnest($1::text[]) r
 where pg_catalog.to_regclass(r) is null
union all
select 'constraint', w.c || ' on ' || w.t
  from unnest($2::text[], $3::text[]) w(t, c)
 where pg_catalog.to_regclass(w.t) is not null
   and not exists (select from pg_catalog.pg_constraint x
                    where x.conrelid = pg_catalog.to_regclass(w.t) and x.conname = w.c)
 order by 1, 2`;

// Databases that come from PgQ 2.x hold ticks without it.
const MAY_BE_NULL = new Set(["pgq.tick.tick_event_seq"]);

export async function checkStructure(db: InstallDatabase, manifest: Manifest): Promise<readonly Finding[]> {
  const { schema, tables, indexes, sequences } = manifest;
  const relations = [...tables.map((table) => table.name), ...sequences, ...indexes.map((name) => `${schema}.${name}`)];
  const constraints = tables.flatMap(({ name, constraints: names }) => names.map((constraint) => [name, constraint]));
  const missing = await db.query<MissingRow>(MISSING, [
    relations,
    constraints.map(([table]) => table),
    constraints.map(([, constraint]) => constraint),
  ]);
  return [
    ...missing.map(({ kind, name }) => problem(`missing-${kind}`, `${kind} ${name} is missing`, cureOf(kind, schema))),
    ...(await checkColumns(db, manifest)),
  ];
}

async function checkColumns(db: InstallDatabase, { schema, tables }: Manifest): Promise<readonly Finding[]> {
  const columns = tables.flatMap((table) => table.columns.map((column) => ({ table: table.name, ...column })));
  const rows = await db.query<ColumnRow>(COLUMNS, [
    columns.map((column) => column.table),
    columns.map((column) => column.name),
    columns.map((column) => column.type),
  ]);
  const isNotNull = new Map(columns.map((column) => [`${column.table}.${column.name}`, column.isNotNull]));
  return rows.flatMap((row) => judgeColumn(row, isNotNull.get(`${row.table}.${row.column}`) ?? false, schema));
}

function judgeColumn(row: ColumnRow, isNotNull: boolean, schema: string): readonly Finding[] {
  const name = `${row.table}.${row.column}`;
  if (row.type === null) return [problem("missing-column", `column ${name} is missing`, reinstall(schema))];
  if (row.type !== row.wanted_type) {
    const cure = `alter table ${row.table} alter column ${row.column} type ${row.wanted_type};`;
    return [problem("column-type", `column ${name} is ${row.type}, not ${row.wanted_type}`, cure)];
  }
  if (row.is_not_null === isNotNull || MAY_BE_NULL.has(name)) return [];
  const verb = isNotNull ? "set" : "drop";
  const cure = `alter table ${row.table} alter column ${row.column} ${verb} not null;`;
  return [remark("column-null", `column ${name} is ${isNotNull ? "nullable" : "not null"}`, cure)];
}

function cureOf(kind: string, schema: string): string {
  if (kind === "relation") return `${reinstall(schema)} -- data in a lost table is gone; look for a backup first`;
  return `add the constraint again as in \`skytools sql ${schema}\``;
}
