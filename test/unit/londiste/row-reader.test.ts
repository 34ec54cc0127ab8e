// Row events of all formats to changes.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CascadeEvent } from "../../../src/cascade/events/index.ts";
import { RowReader, type RowEvent } from "../../../src/londiste/row-events/index.ts";
import { encodeRow } from "../../../src/pgq/row-format/index.ts";
import { eventLine } from "../../harness/event-line.ts";

function event(type: string, data: string, extra2: string | null = null): CascadeEvent {
  return new CascadeEvent(Buffer.from(eventLine({ ev_type: type, ev_data: data, ev_extra2: extra2 })));
}

/** What the reader made of it, columns and values side by side. */
function shown(read: RowEvent): unknown {
  if (read.kind !== "change") return read;
  const { operation, shape, values, oldKey } = read.change;
  return {
    operation,
    keys: shape.keys,
    row: Object.fromEntries(shape.columns.map((column, index) => [column, values[index]])),
    ...(oldKey === null ? {} : { oldKey }),
  };
}

const head = (op: string, ...keys: string[]): string => JSON.stringify({ op, table: ["public", "t"], pkey: keys });

/** Of the one column of the key, as the fold compares it. */
function keyOf(type: string, data: string): unknown {
  const read = new RowReader().read(event(type, data));
  return read.kind === "change" ? read.change.key : read;
}

describe("a row event", () => {
  test.each([
    [
      "urlencoded insert",
      "I:id",
      "id=1&a=x+y%21&b",
      { operation: "insert", keys: ["id"], row: { id: "1", a: "x y!", b: null } },
    ],
    ["urlencoded empty text", "U:id", "id=1&a=", { operation: "update", keys: ["id"], row: { id: "1", a: "" } }],
    ["urlencoded key of two", "D:b,a", "a=1&b=2", { operation: "delete", keys: ["b", "a"], row: { a: "1", b: "2" } }],
    ["urlencoded without key", "I:", "a=%c3%bc", { operation: "insert", keys: [], row: { a: "ü" } }],
    ["a key list with blanks", "U:a, b", "a=1&b=2", { operation: "update", keys: ["a", "b"], row: { a: "1", b: "2" } }],
    [
      "json insert",
      head("INSERT", "id"),
      '{"id":1,"a":"x\\"y\\\\","b":null}',
      { operation: "insert", keys: ["id"], row: { id: "1", a: 'x"y\\', b: null } },
    ],
    [
      "json int8",
      head("UPDATE", "id"),
      '{"id":9223372036854775807,"c":true}',
      { operation: "update", keys: ["id"], row: { id: "9223372036854775807", c: "true" } },
    ],
    [
      "json with blanks",
      head("DELETE", "id"),
      ' { "id" : 1 , "a" : "b" } ',
      { operation: "delete", keys: ["id"], row: { id: "1", a: "b" } },
    ],
    [
      "json in json",
      head("INSERT"),
      '{"a":{"b":[1,"}"]},"c":[2,{}]}',
      { operation: "insert", keys: [], row: { a: '{"b":[1,"}"]}', c: "[2,{}]" } },
    ],
    [
      "json op by its first letter",
      '{"op":"U","pkey":["id"]}',
      '{"id":1}',
      { operation: "update", keys: ["id"], row: { id: "1" } },
    ],
    ["json truncate", head("TRUNCATE"), "{}", { kind: "truncate" }],
    ["truncate", "R", "", { kind: "truncate" }],
    ["partial SQL", "U", "a='1' where id='2'", { kind: "sql", operation: "update", text: "a='1' where id='2'" }],
  ])("%s", (_, type, data, expected) => {
    expect(shown(new RowReader().read(event(type, data)))).toEqual(expected);
  });

  test.each([
    ["of no known type", "X", ""],
    ["that is no JSON", head("INSERT", "id"), '{"id":1'],
    ["that is no object", head("INSERT", "id"), "[1]"],
    ["that is not UTF-8", "I:id", "id=%ff"],
  ])("%s is refused with its id and table, but without the row", (_, type, data) => {
    expect(() => new RowReader().read(event(type, data))).toThrow(/^event 5 of table public.t (has|holds)/);
  });

  test("the backup row tells the old key when it differs", () => {
    const reader = new RowReader();

    const moved = shown(reader.read(event("U:id", "id=2&a=x", "id=1&a=w")));
    const stayed = shown(reader.read(event(head("UPDATE", "id"), '{"id":2,"a":"x"}', '{"id":2,"a":"w"}')));

    expect(moved).toMatchObject({ row: { id: "2", a: "x" }, oldKey: ["1"] });
    expect(stayed).not.toHaveProperty("oldKey");
  });

  test("something else than a row in ev_extra2 is passed over", () => {
    expect(shown(new RowReader().read(event("U:id", "id=2", "hash=17")))).not.toHaveProperty("oldKey");
  });

  test("rows with the same columns share their shape, whatever came between", () => {
    const reader = new RowReader();
    const rows = ["id=1&a=x", "id=2&a=y&b=z", "id=3&a"].map((data) => reader.read(event("I:id", data)));

    const shapes = rows.map((row) => (row.kind === "change" ? row.change.shape : null));

    expect(shapes[2]).toBe(shapes[0]);
    expect(shapes[1]).not.toBe(shapes[0]);
  });

  const names = fc.uniqueArray(
    fc.string({ unit: "grapheme", minLength: 1 }).filter((name) => !/[\0]/.test(name)),
    { minLength: 1, maxLength: 5 },
  );
  const rows = names.chain((columns) =>
    fc
      .array(fc.tuple(...columns.map(() => fc.option(fc.string({ unit: "grapheme" })))), { minLength: 1, maxLength: 3 })
      .map((values) => ({ columns, values })),
  );

  test("any urlencoded rows are read back", () => {
    fc.assert(
      fc.property(rows, ({ columns, values }) => {
        const reader = new RowReader();
        for (const row of values) {
          const pairs = columns.map((column, index) => [column, row[index] ?? null] as const);
          const read = reader.read(event("I:", encodeRow(pairs)));
          expect(read.kind === "change" && [read.change.shape.columns, read.change.values]).toEqual([columns, row]);
        }
      }),
    );
  });

  test("any JSON rows are read back", () => {
    fc.assert(
      fc.property(rows, ({ columns, values }) => {
        const reader = new RowReader();
        for (const row of values) {
          const pairs = columns.map(
            (column, index) => `${JSON.stringify(column)}:${JSON.stringify(row[index] ?? null)}`,
          );
          const read = reader.read(event(head("INSERT"), `{${pairs.join(",")}}`));
          expect(read.kind === "change" && [read.change.shape.columns, read.change.values]).toEqual([columns, row]);
        }
      }),
    );
  });

  test.each(["0", "1", "007", "999999999", "1000000000", "-5", "5.0", "5e3", " 5", "null", "", "\u0661"])(
    "the key %j is the same however the row is written, and no other",
    (key) => {
      const quoted = [`{"id":${JSON.stringify(key)},"a":1}`, `{"id":${JSON.stringify(key)},"a":"\\\\"}`];
      const bare = /^-?(0|[1-9][0-9.e]*)$/.test(key) ? [`{"id":${key},"a":1}`, `{"id":${key},"a":"\\\\"}`] : [];
      const keys = [...quoted, ...bare].map((row) => keyOf(head("INSERT", "id"), row));
      const reader = new RowReader();
      const again = ["x", key].map((id) => reader.read(event(head("U", "id"), `{"id":${JSON.stringify(id)},"a":1}`)));
      keys.push((again[1] as { change: { key: unknown } }).change.key);
      keys.push(keyOf("I:id", encodeRow([["id", key]])));

      expect(new Set(keys).size).toBe(1);
      expect(String(keys[0])).toBe(key);
    },
  );
});
