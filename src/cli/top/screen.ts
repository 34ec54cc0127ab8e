// What `top` shows: a head, a table as high as the terminal, and the keys.
import type { CommandContext } from "../context.ts";
import { type Column, formatTable } from "../print/table.ts";
import { paint, type Terminal } from "../print/terminal.ts";
import { shortDuration, shortRate } from "../print/units.ts";
import { printable, truncate } from "../print/width.ts";
import { sortLines, type View } from "./order.ts";
import type { Line } from "./rates.ts";

const columns: readonly Column<Line>[] = [
  {
    title: "queue",
    value: ({ queue, consumer }) => ({ text: queue, style: consumer === null ? "bold" : null }),
    isFlexible: true,
  },
  { title: "consumer", value: ({ consumer }) => ({ text: consumer ?? "" }), isFlexible: true },
  { title: "ev/s", value: ({ perSecond }) => shortRate(perSecond), align: "right" },
  { title: "pending", value: ({ pending }) => pending, align: "right" },
  { title: "behind", value: ({ behindMs }) => shortDuration(behindMs), align: "right" },
  { title: "last seen", value: ({ lastSeenMs }) => shortDuration(lastSeenMs), align: "right" },
  { title: "batch", value: ({ batch }) => batch, align: "right" },
];

const HEAD_LINES = 4;
const KEYS = "q quit   n name   r rate   p pending   b behind   ←→ order   ↑↓ scroll";
export const ENTER = "\x1b[?1049h\x1b[?25l";
export const LEAVE = "\x1b[?25h\x1b[?1049l";

/** `trouble`: what keeps the figures from being new; null when they are. */
export function draw(
  lines: readonly Line[],
  view: View,
  trouble: string | null,
  terminal: ReturnType<NonNullable<CommandContext["terminal"]>>,
): string {
  const rows = Math.max(1, (terminal.height ?? 24) - HEAD_LINES - 1);
  const shown = sortLines(lines, view.sort).slice(view.offset, view.offset + rows);
  const head =
    trouble === null ? status(lines, view, terminal) : paint(terminal, "red", cut(printable(trouble), terminal));
  const text = [
    head,
    "",
    formatTable(columns, shown, terminal, "no queues").trimEnd(),
    "",
    paint(terminal, "dim", cut(KEYS, terminal)),
  ];
  return `\x1b[H${text.join("\n").replaceAll("\n", "\x1b[K\r\n")}\x1b[K\x1b[J`;
}

function status(lines: readonly Line[], { sort, offset }: View, terminal: Terminal): string {
  const consumers = lines.filter(({ consumer }) => consumer !== null).length;
  const scrolled = offset === 0 ? "" : `, from line ${offset + 1}`;
  const text = `skytools top   ${new Date().toTimeString().slice(0, 8)}   ${lines.length - consumers} queues, ${consumers} consumers   by ${sort}${scrolled}`;
  return cut(text, terminal);
}

function cut(text: string, { width }: Terminal): string {
  return width === null ? text : truncate(text, width);
}
