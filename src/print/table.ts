// Tables for people: aligned, without frames, cut to the width of the terminal.
import { paint, type Style, type Terminal } from "./terminal.ts";
import { displayWidth, padEnd, padStart, printable, truncate } from "./width.ts";

export interface Cell {
  readonly text: string;
  readonly style?: Style | null;
}

export interface Column<Row> {
  readonly title: string;
  /** null is printed as a dash. */
  readonly value: (row: Row) => string | number | bigint | Cell | null;
  /** Numbers stand to the right. */
  readonly align?: "left" | "right";
  /** Gives way when the table is wider than the terminal. */
  readonly isFlexible?: boolean;
}

const GAP = "  ";
const MIN_FLEXIBLE = 8;
const NOTHING = "-";

/** Lines of a table with a head, each ended by a line feed; `whenEmpty` for one without rows. */
export function formatTable<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  terminal: Terminal,
  whenEmpty = "(none)",
): string {
  if (rows.length === 0) return `${whenEmpty}\n`;
  const cells = rows.map((row) => columns.map((column) => toCell(column.value(row))));
  const natural = columns.map(({ title }, i) =>
    Math.max(displayWidth(title), ...cells.map((line) => displayWidth(line[i]?.text ?? ""))),
  );
  const widths = terminal.width === null ? natural : fit(columns, natural, terminal.width);
  const head = columns.map(({ title }): Cell => ({ text: title.toUpperCase(), style: "bold" }));
  return [head, ...cells].map((line) => `${formatLine(columns, line, widths, terminal)}\n`).join("");
}

/** Two columns of names and values, as `show` commands print one thing. */
export function formatFacts(facts: readonly (readonly [string, Cell | string | null])[], terminal: Terminal): string {
  const width = Math.max(...facts.map(([name]) => displayWidth(name)));
  const lines = facts.map(([name, value]) => {
    const { text, style = null } = toCell(value);
    return `${paint(terminal, "dim", padEnd(name, width))}${GAP}${paint(terminal, style, text)}`.trimEnd();
  });
  return `${lines.join("\n")}\n`;
}

function toCell(value: string | number | bigint | Cell | null): Cell {
  if (value === null) return { text: NOTHING, style: "dim" };
  if (typeof value === "object") return { text: printable(value.text), style: value.style ?? null };
  return { text: printable(String(value)) };
}

function formatLine<Row>(
  columns: readonly Column<Row>[],
  line: readonly Cell[],
  widths: readonly number[],
  terminal: Terminal,
): string {
  const parts = line.map(({ text, style = null }, i) => {
    const width = widths[i] ?? 0;
    const short = truncate(text, width);
    const padded = columns[i]?.align === "right" ? padStart(short, width) : padEnd(short, width);
    return { padded, painted: padded.replace(short, () => paint(terminal, style, short)) };
  });
  const last = parts.at(-1);
  const painted = parts.map(({ padded, painted }) => (padded.trim() === "" ? padded : painted));
  const isLastPadded = last !== undefined && last.padded !== last.padded.trimEnd();
  return isLastPadded ? painted.join(GAP).trimEnd() : painted.join(GAP);
}

/** Takes from the widest flexible column until the line fits; then from the others, from the right. */
function fit<Row>(columns: readonly Column<Row>[], natural: readonly number[], width: number): readonly number[] {
  const widths = [...natural];
  let excess = widths.reduce((sum, w) => sum + w, GAP.length * (widths.length - 1)) - width;
  const flexible = columns.flatMap(({ isFlexible }, i) => (isFlexible === true ? [i] : []));
  while (excess > 0) {
    const widest = flexible.reduce<number | null>(
      (best, i) => (best === null || (widths[i] ?? 0) > (widths[best] ?? 0) ? i : best),
      null,
    );
    if (widest === null || (widths[widest] ?? 0) <= MIN_FLEXIBLE) break;
    widths[widest] = (widths[widest] ?? 0) - 1;
    excess -= 1;
  }
  for (let i = widths.length - 1; i > 0 && excess > 0; i -= 1) {
    const taken = Math.min(excess, (widths[i] ?? 0) - 1);
    widths[i] = (widths[i] ?? 0) - taken;
    excess -= taken;
  }
  return widths;
}
