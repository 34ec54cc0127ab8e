import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  copyField,
  copyRows,
  formatArray,
  parseArray,
  parseCopyField,
  quoteFqname,
  quoteIdent,
  quoteLiteral,
  splitFqname,
} from "../../../src/postgres/index.ts";

interface Case {
  readonly id: string;
  readonly fn: string;
  readonly args: readonly [string];
  readonly result?: unknown;
  readonly error?: string;
  readonly want?: { readonly result?: unknown; readonly error?: string };
}

// Made by running the reference implementation, see the file's "producer".
const { cases } = JSON.parse(readFileSync(new URL("data/quoting.json", import.meta.url), "utf8")) as { cases: Case[] };

// The reference knows PostgreSQL 15's keywords; we quote those of 14 to 18, which every server reads the same.
const newKeywords = new Map(["json_scalar", "system_user"].map((word) => [word, `"${word}"`]));

const functions: Readonly<Record<string, (arg: string) => unknown>> = {
  quote_ident: quoteIdent,
  quote_literal: quoteLiteral,
  quote_fqident: quoteFqname,
  quote_copy: copyField,
  unescape_copy: parseCopyField,
  fq_name_parts: splitFqname,
  parse_pgarray: (text) => parseArray(text, (element) => element),
};

/** Everything that means something in COPY text, among other characters. */
const hostileText = fc.string({
  unit: fc.constantFrom(...Array.from("\\\n\r\t\b\v\fNx017aöÿ\u0000\u2028😀"), "\ud800"),
});

const outcome = (c: Case): { result?: unknown; error?: string } => c.want ?? c;
// Nested arrays are more than the reference could read.
const beyond = new Set(["parse_pgarray-13"]);

test.each(cases.filter((c) => outcome(c).error === undefined))("$id gives what the reference gives", (c) => {
  const expected = newKeywords.get(c.args[0]) ?? outcome(c).result;

  expect(functions[c.fn]!(c.args[0])).toEqual(expected);
});

test.each(cases.filter((c) => outcome(c).error !== undefined && !beyond.has(c.id)))(
  "$id is refused as by the reference",
  (c) => {
    expect(() => functions[c.fn]!(c.args[0])).toThrow();
  },
);

test("arrays of two dimensions become nested arrays", () => {
  expect(parseArray('{{a,"b c"},{NULL,d}}', (text) => text)).toEqual([
    ["a", "b c"],
    [null, "d"],
  ]);
});

test("what an array literal holds is read back the same", () => {
  fc.assert(
    fc.property(
      fc.array(fc.option(fc.oneof(hostileText, fc.string(), fc.constantFrom("", "null", "NULL", '"', "{", ",")))),
      (values) => {
        expect(parseArray(formatArray(values), (text) => text)).toEqual(values);
      },
    ),
  );
});

test("a zero byte is refused, it cannot be in SQL text", () => {
  expect(() => quoteIdent("a\0b")).toThrow("zero byte");
  expect(() => quoteLiteral("a\0b")).toThrow("zero byte");
});

test("what a COPY field holds is read back the same", () => {
  fc.assert(
    fc.property(hostileText, (text) => {
      expect(parseCopyField(copyField(text))).toBe(text);
    }),
  );
});

test("a COPY field holds neither tab nor line end", () => {
  fc.assert(
    fc.property(hostileText, (text) => {
      expect(copyField(text)).not.toMatch(/[\t\n\r]/);
    }),
  );
});

test("rows become the same bytes however they are cut into chunks", async () => {
  const rows = Array.from({ length: 5000 }, (_, i) => [
    i,
    `text ${i}\n`,
    null,
    BigInt(i),
    true,
    Buffer.from([i & 255]),
  ]);

  const chunks: Buffer[] = [];
  for await (const chunk of copyRows(rows)) chunks.push(chunk);
  const lines = Buffer.concat(chunks).toString().split("\n");

  expect(chunks.length).toBeGreaterThan(1);
  expect(lines).toHaveLength(5001);
  expect(lines[7]).toBe("7\ttext 7\\n\t\\N\t7\tt\t\\\\x07");
});
