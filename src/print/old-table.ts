// Tables as the old programs printed them, line by line: scripts read them by place.
import { displayWidth, padEnd, printable } from "./width.ts";

export interface OldColumn<Row> {
  readonly title: string;
  /** Shown as Python shows it: None, True, False. */
  readonly value: (row: Row) => string | bigint | boolean | null;
}

const MIN_WIDTH = 15;
const GAP = "  ";

/** A heading, titles, a rule, rows, two empty lines; nothing at all without rows. Source: python-skytools, display_table. */
export function formatOldTable<Row>(heading: string, columns: readonly OldColumn<Row>[], rows: readonly Row[]): string {
  if (rows.length === 0) return "";
  const cells = rows.map((row) => columns.map(({ value }) => asPython(value(row))));
  const widths = columns.map(({ title }, i) =>
    Math.max(MIN_WIDTH, displayWidth(title), ...cells.map((line) => displayWidth(line[i] ?? ""))),
  );
  const lineOf = (words: readonly string[]): string =>
    words.map((word, i) => (i === words.length - 1 ? word : padEnd(word, widths[i] ?? 0))).join(GAP);
  const rule = widths.map((width) => "-".repeat(width)).join(GAP);
  return `${[heading, lineOf(columns.map(({ title }) => title)), rule, ...cells.map(lineOf)].join("\n")}\n\n\n`;
}

function asPython(value: string | bigint | boolean | null): string {
  if (value === null) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  return printable(String(value));
}
