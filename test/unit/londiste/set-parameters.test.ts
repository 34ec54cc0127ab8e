// Values of row events on their way into statements: as COPY text and as arrays.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CascadeEvent } from "../../../src/cascade/events/index.ts";
import { arrayLiterals } from "../../../src/londiste/apply/array-literal.ts";
import type { Destination } from "../../../src/londiste/apply/destination.ts";
import { copyInsert } from "../../../src/londiste/apply/set-statements.ts";
import { type RowChange, RowReader } from "../../../src/londiste/row-events/index.ts";
import { encodeRow } from "../../../src/pgq/row-format/index.ts";
import { parseCopyField } from "../../../src/postgres/index.ts";
import { eventLine } from "../../harness/event-line.ts";

type Row = readonly (string | null)[];

const COLUMNS = ["id", "na\\me", "größe", "d"];
const POSITIONS = [3, 0, 1, 2];

/** Only what copyInsert looks at. */
const destination = {
  quoted: "t",
  columns: new Map(COLUMNS.map((name) => [name, { name, isGenerated: false }])),
} as unknown as Destination;

const JSON_INSERT = '{"op":"I","pkey":["id"]}';

function lineOf(type: string, data: string): string {
  return eventLine({ ev_type: type, ev_data: data });
}

/** Read as the replay reads them: events of a block, one behind the other. */
function changesOf(lines: readonly string[]): RowChange[] {
  const block = Buffer.from(`${lines.join("\n")}\n`);
  const reader = new RowReader();
  let start = 0;
  return lines.map((line) => {
    const end = start + Buffer.byteLength(line);
    const read = reader.read(new CascadeEvent(block, start, end));
    start = end + 1;
    if (read.kind !== "change") throw new Error("no change");
    return read.change;
  });
}

const lineOfRow: Readonly<Record<"json" | "urlencoded", (row: Row) => string>> = {
  json: (row) => {
    const pairs = COLUMNS.map((column, index) => `${JSON.stringify(column)}:${JSON.stringify(row[index] ?? null)}`);
    return lineOf(JSON_INSERT, `{${pairs.join(",")}}`);
  },
  urlencoded: (row) => lineOf("I:id", encodeRow(COLUMNS.map((column, index) => [column, row[index] ?? null] as const))),
};

const value = fc.option(
  fc.oneof(
    fc.string({ unit: "grapheme" }),
    fc.stringMatching(/^[\\"\n\t{}[\],: a-z0-9\u0001]*$/),
    fc.nat().map(String),
  ),
);
const rows = fc.array(fc.tuple(value, value, value, value), { minLength: 1, maxLength: 8 });

describe.each(["json", "urlencoded"] as const)("%s rows", (form) => {
  test("become lines of COPY that hold the same values", () => {
    fc.assert(
      fc.property(rows, (given) => {
        const changes = changesOf(given.map(lineOfRow[form]));
        const copy = copyInsert(destination, { ...shapeOf(changes), columns: COLUMNS });
        const text = Buffer.concat([...(copy?.lines(changes) ?? [])]).toString();
        const read = text
          .slice(0, -1)
          .split("\n")
          .map((line) => line.split("\t").map(parseCopyField));
        expect(read).toEqual(given);
      }),
    );
  });

  test("become arrays of the same values, columns in any order", () => {
    fc.assert(
      fc.property(rows, (given) => {
        const arrays = arrayLiterals(changesOf(given.map(lineOfRow[form])), POSITIONS);
        expect(arrays).toEqual(POSITIONS.map((position) => quoted(given.map((row) => row[position] ?? null))));
      }),
    );
  });
});

test("JSON in JSON goes on as it is, whatever is in it", () => {
  const nested = String.raw`{"a":"}\\\"\n","b":[1,{"c":null}]}`;
  const rows = [`{"j":${nested},"k":true}`, '{"j":{"a":"x","b":[]},"k":null}', '{"j":null,"k":-1.50}'];
  const changes = changesOf(rows.map((row) => lineOf(JSON_INSERT, row)));
  expect(arrayLiterals(changes, [0, 1])).toEqual([
    quoted([nested, '{"a":"x","b":[]}', null]),
    quoted(["true", null, "-1.50"]),
  ]);
});

test("a control character inside of a text is no JSON", () => {
  const lines = ['{"a":"x"}', '{"a":"x\ny"}'].map((row) => lineOf(JSON_INSERT, row));
  expect(() => changesOf(lines)).toThrow("event 5 of table public.t holds no json row");
});

function shapeOf(changes: readonly RowChange[]): RowChange["shape"] {
  const shape = changes[0]?.shape;
  if (shape === undefined) throw new Error("no change");
  return shape;
}

/** All values but NULL in quotes. */
function quoted(values: readonly (string | null)[]): string {
  return `{${values.map((text) => (text === null ? "NULL" : `"${text.replaceAll(/["\\]/g, "\\$&")}"`)).join(",")}}`;
}
