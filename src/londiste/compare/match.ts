// Finds what two tables have in common: columns, a key, and a hash of rows that both servers compute alike.
import { SkytoolsError } from "../../errors/index.ts";
import type { MatchedColumn, TableMatch } from "./table-match.ts";
import type { ColumnShape, TableShape } from "./table-shape.ts";
import { columnHash, rowHash } from "./value-form.ts";

export interface MatchOptions {
  readonly columns?: readonly string[] | undefined;
  readonly key?: readonly string[] | undefined;
}

/** @throws WRONG_USE when a named column is missing, or there is nothing to compare */
export function matchTables(source: TableShape, target: TableShape, options: MatchOptions = {}): TableMatch {
  const named = options.columns ?? null;
  for (const name of [...(named ?? []), ...(options.key ?? [])]) requireColumn(source, target, name);
  const isCommon = (name: string): boolean => source.columns.has(name) && target.columns.has(name);
  const key = chosenKey(source, target, options.key);
  const wanted = [...target.columns.keys()].filter(
    (name) => isCommon(name) && (named === null || named.includes(name) || key?.includes(name) === true),
  );
  if (wanted.length === 0) {
    throw new SkytoolsError("WRONG_USE", `${source.table} and ${target.table} have no column in common`);
  }
  const columns = wanted.map((name) => matchedColumn(source, target, name));
  const isSameEncoding = source.encoding === target.encoding;
  const hashes = wanted.map((name, i) =>
    columnHash(shape(source, name), shape(target, name), { seed: i + 1, isSameEncoding }),
  );
  return {
    key: key?.map((name) => matchedColumn(source, target, name)) ?? null,
    columns,
    onlySource: [...source.columns.keys()].filter((name) => !target.columns.has(name)),
    onlyTarget: [...target.columns.keys()].filter((name) => !source.columns.has(name)),
    rowHash: rowHash(hashes),
    isSameEncoding,
  };
}

/** The columns of a key in the order of the source's index. */
function chosenKey(
  source: TableShape,
  target: TableShape,
  given: readonly string[] | undefined,
): readonly string[] | null {
  if (given !== undefined) return given;
  const theirs = new Set(target.keys.map(asSet));
  return source.keys.find((key) => theirs.has(asSet(key))) ?? null;
}

function asSet(columns: readonly string[]): string {
  return JSON.stringify([...columns].sort());
}

function requireColumn(source: TableShape, target: TableShape, name: string): void {
  for (const { table, columns } of [source, target]) {
    if (!columns.has(name)) throw new SkytoolsError("WRONG_USE", `table ${table} has no column "${name}"`);
  }
}

function matchedColumn(source: TableShape, target: TableShape, name: string): MatchedColumn {
  const { type: sourceType } = shape(source, name);
  const { type: targetType, isGenerated } = shape(target, name);
  return { name, sourceType, targetType, isGenerated };
}

/** @throws WRONG_USE */
export function shape(table: TableShape, name: string): ColumnShape {
  const found = table.columns.get(name);
  if (found === undefined) throw new SkytoolsError("WRONG_USE", `table ${table.table} has no column "${name}"`);
  return found;
}
