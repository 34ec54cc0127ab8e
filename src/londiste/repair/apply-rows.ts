// Writes a piece of the differences into the target: one statement each for deletes, updates and inserts, which touch
// only rows that still are as they were compared. What fails as a set is done row by row.
import { reasonOf } from "../../errors/index.ts";
import type { Connection } from "../../postgres/index.ts";
import { quoteFqname, quoteIdent } from "../../postgres/index.ts";
import type { Logger } from "../../service/index.ts";
import type { MatchedColumn, Reader, RowDifference, TableMatch } from "../compare/index.ts";
import type { RowCounts } from "./options.ts";
import { keyOf, type TextRow } from "./read-rows.ts";

export interface ApplyContext {
  readonly db: Connection;
  readonly log: Logger;
  readonly match: TableMatch;
  readonly reader: Reader;
  readonly source: ReadonlyMap<string, TextRow>;
}

/** Commits; returns how many rows it changed. */
export async function applyRows(rows: readonly RowDifference[], context: ApplyContext): Promise<RowCounts> {
  const { db, log, reader } = context;
  try {
    return await db.transaction(() => applySet(rows, context));
  } catch (error) {
    if (rows.length > 1) {
      const counts = { inserts: 0, updates: 0, deletes: 0 };
      for (const row of ordered(rows)) add(counts, await applyRows([row], context));
      return counts;
    }
    if (!db.isOpen) throw error;
    const message = reasonOf(error);
    log.warn({ table: reader.shape.table, key: rows[0]?.key, error: message }, "a row could not be repaired");
    return { inserts: 0, updates: 0, deletes: 0 };
  }
}

/** Rows that go make room for rows that come. */
export function ordered(rows: readonly RowDifference[]): readonly RowDifference[] {
  const rank = { delete: 0, update: 1, insert: 2 };
  return [...rows].sort((a, b) => rank[a.kind] - rank[b.kind]);
}

export function add(
  counts: { inserts: number; updates: number; deletes: number },
  { inserts, updates, deletes }: RowCounts,
): void {
  counts.inserts += inserts;
  counts.updates += updates;
  counts.deletes += deletes;
}

async function applySet(rows: readonly RowDifference[], context: ApplyContext): Promise<RowCounts> {
  const of = (kind: RowDifference["kind"]): RowDifference[] =>
    rows.filter((row) => row.kind === kind && (kind === "delete" || context.source.has(keyOf(row.key))));
  const [gone, changed, missing] = [of("delete"), of("update"), of("insert")];
  return {
    deletes: gone.length === 0 ? 0 : await deleteRows(gone, context),
    updates: changed.length === 0 ? 0 : await updateRows(changed, context),
    inserts: missing.length === 0 ? 0 : await insertRows(missing, context),
  };
}

async function deleteRows(rows: readonly RowDifference[], { db, reader }: ApplyContext): Promise<number> {
  const hashes = rows.map(({ targetHash }) => String(targetHash));
  const keys = rows.map(({ key }) => key);
  if (reader.hasKey) {
    const places = `select t.tableoid as o, t.ctid as c ${reader.joinKeys(2, ["$1::text[]"])} and ${reader.rowHash} = w.x0::int8`;
    return await db.affected(`delete from ${reader.from} using (${places}) p where t.ctid = p.c and t.tableoid = p.o`, [
      hashes,
      ...reader.keyParams(keys),
    ]);
  }
  const hashed = `select t.tableoid as o, t.ctid as c, ${reader.rowHash} as h from ${reader.from} where ${reader.filter} offset 0`;
  const numbered = `select *, row_number() over (partition by h) as n from (${hashed}) q where h = any($1::text[]::int8[])`;
  const wanted = "unnest($1::text[]::int8[], $2::text[]::int8[]) as w (h, copies)";
  return await db.affected(
    `delete from ${reader.from} using (select * from (${numbered}) m join ${wanted} using (h) where n <= copies) p
     where t.ctid = p.c and t.tableoid = p.o`,
    [hashes, rows.map(({ count }) => String(count))],
  );
}

async function updateRows(rows: readonly RowDifference[], context: ApplyContext): Promise<number> {
  const { db, match, reader, source } = context;
  const keyNames = new Set(match.key?.map(({ name }) => name));
  const columns = match.columns
    .map((column, index) => ({ column, index }))
    .filter(({ column }) => !column.isGenerated && !keyNames.has(column.name));
  if (columns.length === 0) return 0;
  const width = match.key?.length ?? 0;
  const extra = [0, ...columns.map((_, i) => i + 1)].map((i) => `$${width + 1 + i}::text[]`);
  const set = columns.map(({ column }, i) => `${quoteIdent(column.name)} = ${cast(`p.x${i + 1}`, column)}`).join(", ");
  const places = `select t.tableoid as o, t.ctid as c, w.* ${reader.joinKeys(1, extra)} and ${reader.rowHash} = w.x0::int8`;
  return await db.affected(
    `update ${reader.from} set ${set} from (${places}) p where t.ctid = p.c and t.tableoid = p.o`,
    [
      ...reader.keyParams(rows.map(({ key }) => key)),
      rows.map(({ targetHash }) => String(targetHash)),
      ...columns.map(({ index }) => rows.map(({ key }) => source.get(keyOf(key))?.values[index] ?? null)),
    ],
  );
}

async function insertRows(
  rows: readonly RowDifference[],
  { db, match, reader, source }: ApplyContext,
): Promise<number> {
  const columns = match.columns.map((column, index) => ({ column, index })).filter(({ column }) => !column.isGenerated);
  const copies = rows.flatMap((row) => Array<RowDifference>(row.count).fill(row));
  const names = columns.map(({ column }) => quoteIdent(column.name)).join(", ");
  const values = columns.map(({ column }, i) => cast(`w.x${i}`, column)).join(", ");
  const arrays = columns.map((_, i) => `$${i + 1}::text[]`).join(", ");
  const aliases = columns.map((_, i) => `x${i}`).join(", ");
  return await db.affected(
    `insert into ${quoteFqname(reader.shape.table)} (${names}) overriding system value
     select ${values} from unnest(${arrays}) as w (${aliases}) on conflict do nothing`,
    columns.map(({ index }) => copies.map(({ key }) => source.get(keyOf(key))?.values[index] ?? null)),
  );
}

function cast(expression: string, { targetType }: MatchedColumn): string {
  return `${expression}::${targetType}`;
}
