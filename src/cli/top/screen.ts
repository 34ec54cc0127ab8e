// What `top` shows: a head, a table as high as the terminal, and the keys.
import { count } from "../confirm.ts";
import type { CommandContext } from "../context.ts";
import {
  type Column,
  formatTable,
  paint,
  printable,
  shortDuration,
  shortRate,
  type Terminal,
  truncate,
} from "../../print/index.ts";
import { sortLines, type View } from "./order.ts";
import type { Line } from "./rates.ts";

interface TopColumn extends Column<Line> {
  /** Left out of a terminal that is narrower. */
  readonly fromWidth?: number;
}

const columns: readonly TopColumn[] = [
  {
    title: "queue",
    value: ({ queue, consumer }) => ({ text: queue, style: consumer === null ? "bold" : null }),
    isFlexible: true,
  },
  { title: "consumer", value: ({ consumer }) => ({ text: consumer ?? "" }), isFlexible: true },
  { title: "ev/s", value: ({ perSecond }) => shortRate(perSecond), align: "right", fromWidth: 34 },
  { title: "pending", value: ({ pending }) => pending, align: "right", fromWidth: 26 },
  { title: "behind", value: ({ behindMs }) => shortDuration(behindMs), align: "right", fromWidth: 43 },
  { title: "last seen", value: ({ lastSeenMs }) => shortDuration(lastSeenMs), align: "right", fromWidth: 54 },
  { title: "batch", value: ({ batch }) => batch, align: "right", fromWidth: 62 },
  { title: "delayed", value: ({ delayed }) => blankOr(delayed), align: "right", fromWidth: 72 },
  {
    title: "dead",
    value: ({ dead }) => ({ ...blankOr(dead), style: (dead ?? 0) > 0 ? "yellow" : null }),
    align: "right",
    fromWidth: 78,
  },
];

/** All but the rows of the table. */
const OTHER_LINES = 5;
const KEYS = "q quit   n name   r rate   p pending   b behind   ←→ order   ↑↓ scroll";
/** The other screen, without cursor and without wrapping of lines that are too long. */
export const ENTER = "\x1b[?1049h\x1b[?25l\x1b[?7l";
export const LEAVE = "\x1b[?7h\x1b[?25h\x1b[?1049l";

/** `trouble`: what keeps the figures from being new; null when they are. */
export function draw(
  lines: readonly Line[],
  view: View,
  trouble: string | null,
  terminal: ReturnType<NonNullable<CommandContext["terminal"]>>,
): string {
  const height = terminal.height ?? 24;
  const rows = Math.max(1, height - OTHER_LINES);
  const width = terminal.width ?? Infinity;
  const fitting = columns.filter(({ fromWidth = 0 }) => fromWidth <= width);
  const shown = sortLines(lines, view.sort).slice(view.offset, view.offset + rows);
  const head =
    trouble === null ? status(lines, view, terminal) : paint(terminal, "red", cut(printable(trouble), terminal));
  const screen = [
    head,
    "",
    formatTable(fitting, shown, terminal, "no queues").trimEnd(),
    "",
    paint(terminal, "dim", cut(KEYS, terminal)),
  ];
  // One line too many would scroll the first one away.
  const text = screen.join("\n").split("\n").slice(0, height).join("\x1b[K\r\n");
  return `\x1b[H${text}\x1b[K\x1b[J`;
}

function status(lines: readonly Line[], { sort, offset }: View, terminal: Terminal): string {
  const consumers = lines.filter(({ consumer }) => consumer !== null).length;
  const scrolled = offset === 0 ? "" : `, from line ${offset + 1}`;
  const text = `skytools top   ${new Date().toTimeString().slice(0, 8)}   by ${sort}${scrolled}   ${count(lines.length - consumers, "queue")}, ${count(consumers, "consumer")}`;
  return cut(text, terminal);
}

/** Most lines have none, and a column of zeros hides the others. */
function blankOr(n: number | null): { readonly text: string } {
  return { text: n === null || n === 0 ? "" : String(n) };
}

function cut(text: string, { width }: Terminal): string {
  return width === null ? text : truncate(text, width);
}
