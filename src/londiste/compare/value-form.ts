// The form in which a column goes into a row's hash: equal on both sides exactly when its text is, but cheaper than text
// wherever the server's own hash of the type says the same on all majors.
import { quoteIdent } from "../../postgres/index.ts";
import type { ColumnShape } from "./table-shape.ts";

/** bool, int8, int2, int4, oid, bytea, date, time, timestamp, timestamptz, uuid: one value, one text. */
const PLAIN: ReadonlySet<number> = new Set([16, 20, 21, 23, 26, 17, 1082, 1083, 1114, 1184, 2950]);
const TEXT: ReadonlySet<number> = new Set([25, 1043]);
const NUMERIC = 1700;
/** Whole numbers of different width with the same value have the same hash. */
const WHOLE: ReadonlySet<number> = new Set([20, 21, 23]);

/** Expressions of alias `t`, to be joined by commas. */
export function hashForms(source: ColumnShape, target: ColumnShape): readonly string[] {
  const column = `t.${quoteIdent(source.name)}`;
  const isSame = source.typeOid === target.typeOid || (WHOLE.has(source.typeOid) && WHOLE.has(target.typeOid));
  if (isSame && PLAIN.has(source.typeOid)) return [column];
  if (isSame && TEXT.has(source.typeOid)) return [`${column} collate "C"`];
  if (isSame && source.typeOid === NUMERIC) {
    // 1.0 and 1.00 are equal and have one hash, but not one text.
    const hasOneScale = source.modifier >= 0 && source.modifier === target.modifier;
    return hasOneScale ? [column] : [column, `pg_catalog.scale(${column})`];
  }
  return [`(${column}::text) collate "C"`];
}

/**
 * Expression of the hash of these columns. The server's hash of a row is a sum of the columns' hashes with weights; a sum
 * over rows of it would not see two rows exchange their values, so that it is hashed again.
 */
export function hashExpression(forms: readonly string[]): string {
  return `pg_catalog.hashint8extended(pg_catalog.hash_record_extended(row(${forms.join(", ")}), 0), 0)`;
}

/** int2, int4, int8, oid, numeric, date, time, timestamp, timestamptz, uuid, bytea. */
const ORDERED: ReadonlySet<number> = new Set([21, 23, 20, 26, 1700, 1082, 1083, 1114, 1184, 2950, 17]);

/** True when both servers sort the column in the same way. */
export function isOrderShared(source: ColumnShape, target: ColumnShape): boolean {
  if (source.typeOid !== target.typeOid) return WHOLE.has(source.typeOid) && WHOLE.has(target.typeOid);
  if (ORDERED.has(source.typeOid)) return true;
  return TEXT.has(source.typeOid) && source.isSortedByBytes && target.isSortedByBytes;
}

/** Text of a key's column, one for all equal values. */
export function keyText({ name, typeOid }: ColumnShape): string {
  const column = `t.${quoteIdent(name)}`;
  return typeOid === NUMERIC ? `pg_catalog.trim_scale(${column})::text` : `${column}::text`;
}

/** Select list `c0, c1, …` of the columns' texts. */
export function textColumns(names: readonly string[]): string {
  return names.map((name, i) => `t.${quoteIdent(name)}::text as c${i}`).join(", ");
}
