// How values of the server become JavaScript values. Handed to each connection; nothing is set globally.
//
// int8 -> bigint; int2, int4, oid, float4, float8 -> number; bool -> boolean; bytea -> Buffer; arrays of these -> arrays.
// Everything else stays the server's text: a Date would cut microseconds off, a number would cut numerics, and json is
// mostly only passed on (whoever wants it parsed calls JSON.parse).
import { parseArray } from "./array.ts";

type Parser = (text: string) => unknown;

const asText: Parser = (text) => text;

interface ScalarType {
  readonly oid: number;
  readonly arrayOid: number;
  readonly parse: Parser;
}

/** Built-in types that do not stay text. The numbers are fixed in PostgreSQL's pg_type.dat. */
const scalars: readonly ScalarType[] = [
  { oid: 16, arrayOid: 1000, parse: (text) => text === "t" }, // bool
  { oid: 17, arrayOid: 1001, parse: parseBytea }, // bytea
  { oid: 20, arrayOid: 1016, parse: BigInt }, // int8
  { oid: 21, arrayOid: 1005, parse: Number }, // int2
  { oid: 23, arrayOid: 1007, parse: Number }, // int4
  { oid: 26, arrayOid: 1028, parse: Number }, // oid
  { oid: 700, arrayOid: 1021, parse: parseFloatText }, // float4
  { oid: 701, arrayOid: 1022, parse: parseFloatText }, // float8
];

/** Arrays whose elements stay text: text, varchar, bpchar, name, char, uuid, numeric, date, timestamp(tz), interval, … */
const textArrays: readonly number[] = [
  1002, 1003, 1009, 1014, 1015, 2951, 1231, 1182, 1115, 1185, 1187, 1183, 1270, 199, 3807, 1041, 651, 2949, 3221,
];

const parsers: ReadonlyMap<number, Parser> = new Map([
  ...scalars.map(({ oid, parse }): [number, Parser] => [oid, parse]),
  ...scalars.map(({ arrayOid, parse }): [number, Parser] => [arrayOid, (text) => parseArray(text, parse)]),
  ...textArrays.map((oid): [number, Parser] => [oid, (text) => parseArray(text, asText)]),
]);

/** The parser for a type in text format; text itself for types that are not listed. */
export function parserFor(oid: number): Parser {
  return parsers.get(oid) ?? asText;
}

/** Both output forms: hex (the default) and escape. */
function parseBytea(text: string): Buffer {
  if (text.startsWith("\\x")) return Buffer.from(text.slice(2), "hex");
  const plain = text.replaceAll(/\\(\\|[0-7]{3})/g, (_, code: string) =>
    code === "\\" ? "\\" : String.fromCharCode(Number.parseInt(code, 8)),
  );
  return Buffer.from(plain, "latin1");
}

function parseFloatText(text: string): number {
  return Number(text); // takes NaN, Infinity and -Infinity as the server writes them
}
