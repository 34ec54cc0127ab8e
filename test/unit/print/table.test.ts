import { expect, test } from "vitest";
import { toJson } from "../../../src/print/json.ts";
import { type Column, formatFacts, formatTable } from "../../../src/print/table.ts";
import { noTerminal, terminalOf } from "../../../src/print/terminal.ts";
import { displayWidth, printable, truncate } from "../../../src/print/width.ts";

interface Row {
  readonly name: string;
  readonly n: number | null;
}

const columns: readonly Column<Row>[] = [
  { title: "name", value: ({ name }) => name, isFlexible: true },
  { title: "n", value: ({ n }) => n, align: "right" },
];

test("a table is aligned, numbers to the right, without blanks at the ends of lines", () => {
  const rows = [
    { name: "orders", n: 7 },
    { name: "x", n: 1234 },
    { name: "", n: null },
  ];

  expect(formatTable(columns, rows, noTerminal)).toBe(
    ["NAME       N", "orders     7", "x       1234", "           -", ""].join("\n"),
  );
});

test("the last column is not padded when it is a text", () => {
  const reversed = [...columns].reverse();

  expect(
    formatTable(
      reversed,
      [
        { name: "orders", n: 1 },
        { name: "x", n: 2 },
      ],
      noTerminal,
    ),
  ).toBe("N  NAME\n1  orders\n2  x\n");
});

test("a table without rows says so", () => {
  expect(formatTable(columns, [], noTerminal, "no queues")).toBe("no queues\n");
});

test("wide characters take two columns, combining ones none", () => {
  expect(["注文", "e\u0301", "👍🏽", "ﾃ", "한", "plain"].map(displayWidth)).toEqual([4, 1, 2, 1, 2, 5]);
  expect(
    formatTable(
      columns,
      [
        { name: "注文", n: 1 },
        { name: "abcd", n: 2 },
      ],
      noTerminal,
    ),
  ).toBe("NAME  N\n注文  1\nabcd  2\n");
});

test("a text is cut between characters, never in one", () => {
  expect(truncate("注文注文", 5)).toBe("注文…");
  expect(truncate("注文注文", 6)).toBe("注文…");
  expect(truncate("abc", 3)).toBe("abc");
  expect(truncate("abc", 0)).toBe("");
});

test("on a terminal the flexible column gives way, and no line is wider than the terminal", () => {
  const lines = formatTable(columns, [{ name: "a".repeat(100), n: 12 }], { width: 20, hasColour: false }).split("\n");

  expect(lines[1]).toBe(`${"a".repeat(15)}…  12`);
  expect(lines.every((line) => displayWidth(line) <= 20)).toBe(true);
});

test("a terminal that is narrower than all columns still gets whole lines", () => {
  const lines = formatTable(columns, [{ name: "a".repeat(100), n: 1234567 }], { width: 12, hasColour: false });

  expect(lines.split("\n").every((line) => displayWidth(line) <= 12)).toBe(true);
});

test("nothing is cut when the output is no terminal", () => {
  expect(formatTable(columns, [{ name: "a".repeat(500), n: 1 }], noTerminal)).toContain("a".repeat(500));
});

test("control characters are shown, not sent to the terminal", () => {
  expect(printable("a\x1b[2Jb\nc\u202e\u0007")).toBe("a\\e[2Jb\\nc\\u202e\\u0007");
  expect(formatTable(columns, [{ name: "\x1b]0;x\x07", n: 1 }], noTerminal)).not.toContain("\x1b");
  expect(formatFacts([["data", "x\x1b[31m"]], noTerminal)).toBe("data  x\\e[31m\n");
});

test.each([
  { stream: { isTTY: true, columns: 132 }, env: {}, expected: { width: 132, hasColour: true } },
  { stream: { isTTY: true, columns: 132 }, env: { NO_COLOR: "1" }, expected: { width: 132, hasColour: false } },
  { stream: { isTTY: true }, env: { TERM: "dumb" }, expected: { width: 80, hasColour: false } },
  { stream: {}, env: {}, expected: { width: null, hasColour: false } },
  { stream: {}, env: { FORCE_COLOR: "1" }, expected: { width: null, hasColour: true } },
  { stream: {}, env: { FORCE_COLOR: "1", NO_COLOR: "1" }, expected: { width: null, hasColour: false } },
])("colours and width of $stream with $env", ({ stream, env, expected }) => {
  expect(terminalOf(stream, env)).toEqual(expected);
});

test("ids in JSON are numbers as long as a double holds them, then text", () => {
  expect(toJson({ id: 42n, big: 2n ** 62n })).toBe('{"id":42,"big":"4611686018427387904"}');
});
