// Reads the rows that differ as text, a few megabytes at a time.
import { type Connection, quoteIdent } from "../../postgres/index.ts";
import { type Reader, type RowDifference, textColumns } from "../compare/index.ts";

/** Values in the order of the match's columns; `hash` says whether the row is still the one that was compared. */
export interface TextRow {
  readonly key: readonly string[];
  readonly hash: bigint;
  readonly values: readonly (string | null)[];
}

export const keyOf = (key: readonly string[]): string => JSON.stringify(key);

/** The rows of these keys that have not changed since they were compared, by keyOf. */
export async function readRows(
  db: Connection,
  reader: Reader,
  columns: readonly string[],
  wanted: ReadonlyMap<string, bigint>,
  keys: readonly (readonly string[])[],
): Promise<ReadonlyMap<string, TextRow>> {
  if (keys.length === 0) return new Map();
  const keyCount = keys[0]?.length ?? 0;
  const sql = reader.hasKey
    ? `select ${reader.keyTexts}, ${reader.rowHash} as h, ${textColumns(columns)} ${reader.joinKeys(1)}`
    : // One of the copies is enough.
      `select distinct on (h) h::text as k0, h, ${columns.map((_, i) => `c${i}`).join(", ")}
       from (select ${reader.rowHash} as h, ${textColumns(columns)} from ${reader.from} where ${reader.filter} offset 0) q
       where h = any($1::text[]::int8[])`;
  const rows = await db.query<Record<string, unknown>>(
    sql,
    reader.hasKey ? reader.keyParams(keys) : [keys.map(([k]) => k)],
  );
  const found = new Map<string, TextRow>();
  for (const row of rows) {
    const key = Array.from({ length: keyCount }, (_, i) => String(row[`k${i}`]));
    const hash = row["h"] as bigint;
    if (wanted.get(keyOf(key)) !== hash) continue;
    found.set(keyOf(key), { key, hash, values: columns.map((_, i) => row[`c${i}`] as string | null) });
  }
  return found;
}

/** Rows that are read and written together. */
const MAX_ROWS = 500;
const MAX_BYTES = 8 * 1024 * 1024;

/** Cuts the list so that the rows of a piece fit into memory, by their sizes on both sides. */
export function inPieces(
  rows: readonly RowDifference[],
  sizes: ReadonlyMap<string, number>,
): (readonly RowDifference[])[] {
  const pieces: RowDifference[][] = [];
  let bytes = 0;
  for (const row of rows) {
    const size = sizes.get(keyOf(row.key)) ?? 0;
    const last = pieces.at(-1);
    if (last === undefined || last.length >= MAX_ROWS || bytes + size > MAX_BYTES) {
      pieces.push([row]);
      bytes = size;
    } else {
      last.push(row);
      bytes += size;
    }
  }
  return pieces;
}

/** Bytes of the rows' text, by keyOf. */
export async function rowSizes(
  db: Connection,
  reader: Reader,
  columns: readonly string[],
  keys: readonly (readonly string[])[],
): Promise<ReadonlyMap<string, number>> {
  if (keys.length === 0 || !reader.hasKey) return new Map();
  const size = columns.map((name) => `coalesce(pg_catalog.octet_length(t.${quoteIdent(name)}::text), 0)`).join(" + ");
  const rows = await db.query<Record<string, unknown>>(
    `select ${reader.keyTexts}, (${size})::float8 as size ${reader.joinKeys(1)}`,
    reader.keyParams(keys),
  );
  const width = keys[0]?.length ?? 0;
  return new Map(
    rows.map((row) => [keyOf(Array.from({ length: width }, (_, i) => String(row[`k${i}`]))), row["size"] as number]),
  );
}
