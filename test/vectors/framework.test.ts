// The text functions of the old framework: golden results in quoting.json and hashtext.json.
import fc from "fast-check";
import { expect, test } from "vitest";
import { arrayText } from "../../src/pgq/array-text.ts";
import {
  decodeRow,
  encodeRow,
  mergedRow,
  parsePartialSql,
  unescapeText,
  unquoteLiteral,
} from "../../src/pgq/row-format/index.ts";
import {
  compareNatural,
  copyField,
  copyScript,
  deleteSql,
  formatKeywordPairs,
  hashtext,
  insertScript,
  insertSql,
  parseArray,
  parseCopyField,
  parseKeywordPairs,
  quoteFqname,
  quoteIdent,
  quoteLiteral,
  type RowPairs,
  snapshotContains,
  splitFqname,
  splitStatements,
  tokenizeSql,
  unquoteFqname,
  unquoteIdent,
  updateSql,
} from "../../src/postgres/index.ts";
import { parseBytes } from "../../src/service/index.ts";
import { readVectors } from "./vector-files.ts";

interface Outcome {
  readonly result?: unknown;
  readonly error?: string;
}

interface Case extends Outcome {
  readonly id: string;
  readonly fn: string;
  readonly args: readonly unknown[];
  readonly opts?: Readonly<Record<string, unknown>>;
  readonly want?: Outcome;
}

interface HashCase {
  readonly id: string;
  readonly input: string;
  readonly hashtext_new: number;
  readonly slot_mask3: number;
  readonly slot_mask15: number;
}

const { cases } = readVectors("quoting.json") as unknown as { readonly cases: readonly Case[] };
const { cases: hashes } = readVectors("hashtext.json") as unknown as { readonly cases: readonly HashCase[] };

/** Not part of the product; JSON, bytea, timestamps and trees of queries have better tools today. */
const leftOut = new Set([
  ...["quote_bytea_raw", "quote_bytea_literal", "quote_bytea_copy", "quote_statement", "quote_json", "parse_acl"],
  ...["parse_tabbed_table", "parse_iso_timestamp", "querybuilder", "tnetstrings_dumps", "tnetstrings_loads"],
]);

/** What we do otherwise on purpose, and why. */
const deviations: Readonly<Record<string, Outcome>> = {
  // keywords of PostgreSQL 16 to 18 are quoted too: every server reads the same
  "quote_ident-18": { result: '"json_scalar"' },
  "quote_ident-23": { result: '"system_user"' },
  // connection strings are read as libpq does, not with their quotes
  "parse_connect_string-02": {
    result: [
      ["dbname", "a b"],
      ["password", "it's"],
    ],
  },
  "parse_connect_string-03": { result: [["dbname", ""]] },
  "parse_connect_string-04": { error: "no end" },
  // nested arrays are read
  "parse_pgarray-13": {
    result: [
      ["a", "b"],
      ["c", "d"],
    ],
  },
  // the boolean in Python's spelling; the driver sends true as t
  "quote_copy-12": { result: "f" },
};

type Pairs = readonly (readonly [string, string | null])[];

function pairs(value: unknown): Pairs {
  return (value as { readonly $pairs: Pairs }).$pairs.map(([key, item]) => [key, python(item)]);
}

/** As Python writes a value. */
function python(value: unknown): string | null {
  if (value === null) return null;
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value === "object" && "$decimal" in value) return String(value.$decimal);
  return typeof value === "number" ? String(value) : (value as string);
}

function mapped(row: Iterable<readonly [string, string | null]>): unknown {
  return { $pairs: [...row].map(([key, value]) => [key, value]) };
}

function row(value: unknown): RowPairs {
  return new Map(pairs(value));
}

function columns(value: unknown): ReadonlyMap<string, string> | undefined {
  return value === undefined ? undefined : new Map(pairs(value) as readonly (readonly [string, string])[]);
}

function partial(operation: string, text: string, isSplit: boolean): unknown {
  const found = parsePartialSql(operation, text);
  return isSplit ? [mapped(found.keys), mapped(found.data)] : mapped(mergedRow(found));
}

function load([table, rows, fields, isInsert]: readonly unknown[]): unknown {
  const list = rows as readonly unknown[];
  const isMapping = fields === null;
  if (isMapping && Array.isArray(list[0])) throw new Error("rows without names need a list of columns");
  const first = list[0];
  const names = isMapping ? pairs(first).map(([name]) => name) : (fields as readonly string[]);
  const values = list.map((item) =>
    isMapping ? names.map((name) => row(item).get(name) ?? null) : item,
  ) as string[][];
  return (isInsert === true ? insertScript : copyScript)(table as string, names, values);
}

function tokens(sql: string, opts: Readonly<Record<string, unknown>> = {}): unknown {
  const options = { isStandard: opts["standard_quoting"] === true, isFqident: opts["fqident"] === true };
  return [...tokenizeSql(sql, options)]
    .filter(({ kind }) => kind !== "ws" || opts["ignore_whitespace"] !== true)
    .map(({ kind, text }) => [kind, text]);
}

const nullable = (value: unknown): string | null => (typeof value === "object" ? null : (value as string));
const text = (value: unknown): string => value as string;

const functions: Readonly<
  Record<string, (args: readonly unknown[], opts?: Readonly<Record<string, unknown>>) => unknown>
> = {
  quote_ident: ([a]) => quoteIdent(text(a)),
  quote_fqident: ([a]) => quoteFqname(text(a)),
  unquote_ident: ([a]) => unquoteIdent(text(a)),
  unquote_fqident: ([a]) => unquoteFqname(text(a)),
  fq_name: ([a]) => splitFqname(text(a)).join("."),
  fq_name_parts: ([a]) => splitFqname(text(a)),
  quote_literal: ([a]) => quoteLiteral(python(a)),
  quote_copy: ([a]) => copyField(a as string),
  unescape: ([a]) => unescapeText(text(a)),
  unescape_copy: ([a]) => parseCopyField(text(a)),
  unquote_literal: ([a, isStandard]) => unquoteLiteral(text(a), isStandard === true),
  db_urlencode: ([a]) => encodeRow(pairs(a)),
  db_urldecode: ([a]) => mapped(decodeRow(text(a))),
  make_pgarray: ([a]) => parseArray(arrayText((a as readonly unknown[]).map(python)), (item) => item),
  parse_pgarray: ([a]) => (a === null ? null : parseArray(text(a), (item) => item)),
  parse_logtriga_sql: ([op, a], opts) => partial(text(op), text(a), opts?.["splitkeys"] === true),
  parse_sqltriga_sql: ([op, a]) => partial(text(op), text(a), false),
  parse_statements: ([a]) => [...splitStatements(text(a))],
  sql_tokenizer: ([a], opts) => tokens(text(a), opts),
  parse_connect_string: ([a]) => parseKeywordPairs(text(a)),
  merge_connect_string: ([a]) => formatKeywordPairs(a as Pairs as readonly (readonly [string, string])[]),
  hsize_to_bytes: ([a]) => parseBytes(text(a)),
  natsorted: ([a]) => [...(a as readonly string[])].sort(compareNatural),
  natsorted_icase: ([a]) =>
    [...(a as readonly string[])].sort((x, y) => compareNatural(x.toLowerCase(), y.toLowerCase())),
  mk_insert_sql: ([a, table, , map]) => insertSql(text(table), row(a), columns(map)),
  mk_update_sql: ([a, table, keys, map]) => updateSql(text(table), row(a), keys as string[], columns(map)),
  mk_delete_sql: ([a, table, keys, map]) => deleteSql(text(table), row(a), keys as string[], columns(map)),
  magic_insert_text: (args) => load(args),
  snapshot_contains: ([a, txid]) => snapshotContains(text(a), BigInt(nullable(txid) ?? 0)),
};

const known = cases.filter(({ fn }) => !leftOut.has(fn));
const expected = (c: Case): Outcome => {
  const outcome = deviations[c.id] ?? c.want ?? c;
  // An array is compared by its values: ours has more quotes.
  return c.fn === "make_pgarray" ? { result: (c.args[0] as readonly unknown[]).map(python) } : outcome;
};

test("every function of the vectors is either there or left out on purpose", () => {
  const missing = cases.filter(({ fn }) => !leftOut.has(fn) && functions[fn] === undefined).map(({ fn }) => fn);

  expect([...new Set(missing)]).toEqual([]);
  expect(Object.keys(deviations).filter((id) => !cases.some((c) => c.id === id))).toEqual([]);
});

test.each(known.filter((c) => expected(c).error === undefined))("$id gives the golden result", (c) => {
  expect(functions[c.fn]!(c.args, c.opts)).toEqual(expected(c).result);
});

test.each(known.filter((c) => expected(c).error !== undefined))("$id is refused", (c) => {
  expect(() => functions[c.fn]!(c.args, c.opts)).toThrow();
});

test.each(hashes)("hashtext $id and its partitions", ({ input, hashtext_new, slot_mask3, slot_mask15 }) => {
  const hash = hashtext(input);

  expect([hash, hash & 3, hash & 15]).toEqual([hashtext_new, slot_mask3, slot_mask15]);
});

const anyText = fc.string({
  unit: fc.constantFrom(...Array.from("a&=+% \\'\"$\n\t~_Eö😀0"), "--", "/*", "*/", "null"),
});
const anyRow = fc.array(
  fc.tuple(
    anyText.map((name) => `c${name}`),
    fc.option(anyText),
  ),
);

test("an encoded row is read back the same, whatever the case of its hex", () => {
  fc.assert(
    fc.property(anyRow, (columnsOfRow) => {
      const written = encodeRow(new Map(columnsOfRow));
      const upper = written.replaceAll(/%[0-9a-f]{2}/g, (code) => code.toUpperCase());

      expect([decodeRow(written), decodeRow(upper)]).toEqual([new Map(columnsOfRow), new Map(columnsOfRow)]);
    }),
  );
});

test("a row written as a piece of SQL is read back the same", () => {
  fc.assert(
    fc.property(
      anyRow.filter((list) => list.length > 0),
      (columnsOfRow) => {
        const list = [...new Map(columnsOfRow)];
        const names = list.map(([name]) => quoteIdent(name)).join(", ");
        const values = list.map(([, value]) => quoteLiteral(value)).join(", ");

        expect(parsePartialSql("I", `(${names}) values (${values})`).data).toEqual(new Map(columnsOfRow));
        expect(
          parsePartialSql("D", list.map(([n, v]) => `${quoteIdent(n)}=${quoteLiteral(v)}`).join(" and ")).keys,
        ).toEqual(new Map(columnsOfRow));
      },
    ),
  );
});

test("the tokens of any text put together are the text", () => {
  fc.assert(
    fc.property(anyText, (sql) => {
      expect([...tokenizeSql(sql)].map((token) => token.text).join("")).toBe(sql);
    }),
  );
});

test("a function body between begin atomic and end is one statement, comments nest", () => {
  const body = "create function f() returns int begin atomic select case when true then 1 end; select 2; end;";

  expect([...splitStatements(`/* a /* b; */ ; */ ${body} select 3`)]).toEqual([body, "select 3"]);
});
