// The hash of a column's value: equal on both sides exactly when its text is, but cheaper than text wherever the server
// has a hash of the type that says the same on all majors.
//
// A row's hash is made of its columns' hashes, each with a seed of its own; it is computed without making a record of them,
// which would cost more than the hashing.
import { quoteIdent } from "../../postgres/index.ts";
import type { ColumnShape } from "./table-shape.ts";

const BOOL = 16;
const INT8 = 20;
const NUMERIC = 1700;
/** text, varchar */
const TEXT: ReadonlySet<number> = new Set([25, 1043]);
/** int8, int2, int4 */
const WHOLE: ReadonlySet<number> = new Set([20, 21, 23]);
/** Types with a function of their own: oid, time, timestamp, uuid. */
const FUNCTIONS: ReadonlyMap<number, string> = new Map([
  [26, "hashoidextended"],
  [1083, "time_hash_extended"],
  [1114, "timestamp_hash_extended"],
  [2950, "uuid_hash_extended"],
]);
const TIMESTAMPTZ = 1184;
/** Cast to text it keeps the encoding it was written in, which is no part of the value: no output has it, nor replication. */
const XML = 142;
/** bytea, date: hashed by functions that cannot be called, or only on some majors. */
const RECORDS: ReadonlySet<number> = new Set([17, 1082]);

/** What is told to the hash of a value: by the seed the columns of a row are told apart. */
export interface HashOptions {
  readonly seed: number;
  /** Both databases store texts as the same bytes. */
  readonly isSameEncoding: boolean;
}

/** Expression of alias `t`; whether a null is null too does not matter to rowHash. */
export function columnHash(source: ColumnShape, target: ColumnShape, options: HashOptions): string {
  const { seed } = options;
  const column = `t.${quoteIdent(source.name)}`;
  const types = [source.typeOid, target.typeOid];
  if (types.every((type) => WHOLE.has(type))) {
    if (!types.includes(INT8)) return call("hashint4extended", `${column}::int4`, seed);
    // The hash takes -1 for 4294967295; the upper half tells them apart.
    const upper = call("hashint8extended", `${column}::int8 >> 32`, `-${seed}`);
    return `(${call("hashint8extended", `${column}::int8`, seed)} # ${upper})`;
  }
  if (source.typeOid === target.typeOid) {
    const type = source.typeOid;
    const own = FUNCTIONS.get(type);
    if (own !== undefined) return call(own, column, seed);
    if (type === BOOL) return call("hashint4extended", `${column}::int4`, seed);
    // The sessions are in UTC, so that nothing is lost.
    if (type === TIMESTAMPTZ) return call("timestamp_hash_extended", `${column}::timestamp`, seed);
    if (TEXT.has(type)) return textHash(column, options);
    if (RECORDS.has(type)) return call("hash_record_extended", `row(${column})`, seed);
    // With one scale, equal numbers have one text.
    if (type === NUMERIC && source.modifier >= 0 && source.modifier === target.modifier) {
      return call("hash_numeric_extended", column, numericSeed(column, seed));
    }
  }
  if (types.includes(XML))
    return textHash(`(case when ${column} is not null then pg_catalog.concat(${column}) end)`, options);
  return textHash(`(${column}::text)`, options);
}

/** The hash of a number does not see its sign, and gives back about the seed for zero and for NaN. */
function numericSeed(column: string, seed: number): string {
  const [negative, plain, nan] = [0, 1, 2].map((i) => `'${spread(3 * seed + i)}'::int8`);
  return `case when ${column} < 0 then ${negative} when ${column} < 'NaN' then ${plain} else ${nan} end`;
}

function spread(n: number): bigint {
  return BigInt.asIntN(64, BigInt(n) * 0x9e3779b97f4a7c15n);
}

/** The hash of a text, whatever its collation. */
export function textHash(text: string, { seed, isSameEncoding }: HashOptions): string {
  if (!isSameEncoding) return call("hash_record_extended", `row(pg_catalog.convert_to(${text}, 'UTF8'))`, seed);
  return call("hashtextextended", `${text} collate "C"`, seed);
}

/** Hash of a row, of those of its columns. Hashed again, for a sum over rows would not see two rows exchange their values. */
export function rowHash(hashes: readonly string[]): string {
  const places = hashes.map((hash, i) => `coalesce(${hash}, ${call("hashint4extended", String(i), -1)})`);
  return call("hashint8extended", places.join(" # "), 0);
}

function call(name: string, value: string, seed: number | string): string {
  return `pg_catalog.${name}(${value}, ${seed})`;
}

/** int2, int4, int8, oid, numeric, date, time, timestamp, timestamptz, uuid, bytea. */
const ORDERED: ReadonlySet<number> = new Set([21, 23, 20, 26, 1700, 1082, 1083, 1114, 1184, 2950, 17]);

/** True when both servers sort the column in the same way. */
export function isOrderShared(source: ColumnShape, target: ColumnShape, isSameEncoding: boolean): boolean {
  if (source.typeOid !== target.typeOid) return WHOLE.has(source.typeOid) && WHOLE.has(target.typeOid);
  if (ORDERED.has(source.typeOid)) return true;
  return isSameEncoding && TEXT.has(source.typeOid) && source.isSortedByBytes && target.isSortedByBytes;
}

/** Text of a key's column, one for all equal values. */
export function keyText({ name, typeOid }: ColumnShape): string {
  const column = `t.${quoteIdent(name)}`;
  return typeOid === NUMERIC ? `pg_catalog.trim_scale(${column})::text` : `${column}::text`;
}

/** False: values with several texts may be equal, as letters of either case in some collations. */
export function isKeyExact({ typeOid }: ColumnShape): boolean {
  return ORDERED.has(typeOid);
}

/** Select list `c0, c1, …` of the columns' texts. */
export function textColumns(names: readonly string[]): string {
  return names.map((name, i) => `t.${quoteIdent(name)}::text as c${i}`).join(", ");
}
