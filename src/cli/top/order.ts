// How `top` orders its lines, and which keys choose that.
import type { Line } from "./rates.ts";

export const sortKeys = ["name", "rate", "pending", "behind"] as const;
export type SortKey = (typeof sortKeys)[number];

/** By name, queues stand above their consumers; by a number, the largest first. */
export function sortLines(lines: readonly Line[], key: SortKey): readonly Line[] {
  return [...lines].sort((a, b) => numberOf(b, key) - numberOf(a, key) || compareNames(a, b));
}

function numberOf(line: Line, key: SortKey): number {
  if (key === "name") return 0;
  const value = key === "rate" ? line.perSecond : key === "pending" ? line.pending : line.behindMs;
  return value ?? -1;
}

function compareNames(a: Line, b: Line): number {
  return compare(a.queue, b.queue) || compare(a.consumer ?? "", b.consumer ?? "");
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

export interface View {
  readonly sort: SortKey;
  /** First line that is shown. */
  readonly offset: number;
  readonly isOver: boolean;
}

const letters: Readonly<Record<string, SortKey>> = { n: "name", r: "rate", p: "pending", b: "behind" };

/** What a key does: q and Ctrl-C end, arrows up and down scroll, left and right or a letter choose the order. */
export function pressKey(view: View, key: string, lineCount: number): View {
  if (key === "q" || key === "\x03") return { ...view, isOver: true };
  if (key === "\x1b[A" || key === "k") return { ...view, offset: Math.max(0, view.offset - 1) };
  if (key === "\x1b[B" || key === "j")
    return { ...view, offset: Math.max(0, Math.min(lineCount - 1, view.offset + 1)) };
  if (key === "\x1b[C") return { ...view, sort: neighbour(view.sort, 1) };
  if (key === "\x1b[D") return { ...view, sort: neighbour(view.sort, -1) };
  const sort = letters[key];
  return sort === undefined ? view : { ...view, sort };
}

/** Keys out of what a terminal sends at once: escape sequences stay whole. */
export function splitKeys(text: string): readonly string[] {
  return text.match(/\u001b\[[A-Z]|[^]/g) ?? [];
}

function neighbour(sort: SortKey, step: number): SortKey {
  const index = (sortKeys.indexOf(sort) + step + sortKeys.length) % sortKeys.length;
  return sortKeys[index] ?? "name";
}
