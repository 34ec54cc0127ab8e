// Statements for one row as text, for files of repairs and for londiste's batches of SQL. Where a statement can be sent
// with parameters, send it so.
import { SkytoolsError } from "../errors/index.ts";
import { copyRow } from "./copy-text.ts";
import { quoteFqname, quoteIdent, quoteLiteral } from "./quoting.ts";

export type RowValue = string | null;
export type RowPairs = ReadonlyMap<string, RowValue>;
/** Column of the row → column of the table; columns that are not in it are left out. */
export type ColumnMap = ReadonlyMap<string, string>;

export function insertSql(table: string, row: RowPairs, columns?: ColumnMap): string {
  const pairs = mapped(row, columns);
  const names = pairs.map(([name]) => quoteIdent(name)).join(", ");
  const values = pairs.map(([, value]) => quoteLiteral(value)).join(", ");
  return `insert into ${quoteFqname(table)} (${names}) values (${values});`;
}

/** @throws WRONG_USE without a key, and when nothing but the key is there */
export function updateSql(table: string, row: RowPairs, keys: readonly string[], columns?: ColumnMap): string {
  const isKey = ([name]: readonly [string, RowValue]): boolean => keys.includes(name);
  const changes = mapped(new Map([...row].filter((pair) => !isKey(pair))), columns);
  if (changes.length === 0) throw new SkytoolsError("WRONG_USE", `update of ${table}: there is nothing but the key`);
  const set = changes.map(equation).join(", ");
  return `update only ${quoteFqname(table)} set ${set} where ${condition(table, row, keys, columns)};`;
}

/** @throws WRONG_USE without a key */
export function deleteSql(table: string, row: RowPairs, keys: readonly string[], columns?: ColumnMap): string {
  return `delete from only ${quoteFqname(table)} where ${condition(table, row, keys, columns)};`;
}

/** Rows as one COPY with its data, as psql reads it; null when there are none. Short rows are filled with NULL. */
export function copyScript(
  table: string,
  columns: readonly string[],
  rows: readonly (readonly RowValue[])[],
): string | null {
  if (rows.length === 0) return null;
  const lines = rows.map((row) => copyRow(columns.map((_, index) => row[index] ?? null)));
  return `COPY ${quoteFqname(table)} (${columns.map(quoteIdent).join(",")}) FROM STDIN;\n${lines.join("")}\\.\n`;
}

/** The same as one insert a row. */
export function insertScript(
  table: string,
  columns: readonly string[],
  rows: readonly (readonly RowValue[])[],
): string | null {
  if (rows.length === 0) return null;
  const head = `insert into ${quoteFqname(table)} (${columns.map(quoteIdent).join(",")}) values`;
  return rows
    .map((row) => `${head} (${columns.map((_, index) => quoteLiteral(row[index] ?? null)).join(",")});\n`)
    .join("");
}

function condition(table: string, row: RowPairs, keys: readonly string[], columns?: ColumnMap): string {
  const pairs = mapped(new Map(keys.map((key) => [key, row.get(key) ?? null])), columns);
  if (pairs.length === 0) throw new SkytoolsError("WRONG_USE", `a change of ${table} needs a key`);
  return pairs.map(equation).join(" and ");
}

function equation([name, value]: readonly [string, RowValue]): string {
  return `${quoteIdent(name)} = ${quoteLiteral(value)}`;
}

function mapped(row: RowPairs, columns?: ColumnMap): readonly (readonly [string, RowValue])[] {
  if (columns === undefined) return [...row];
  return [...row].flatMap(([name, value]) => {
    const target = columns.get(name);
    return target === undefined ? [] : [[target, value] as const];
  });
}
