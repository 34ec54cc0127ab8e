// Timeline history files: the ancestry of a timeline, one line for each timeline that it descends from.
import { SkytoolsError } from "../../errors/index.ts";
import { formatLsn, type Lsn, parseLsn } from "./lsn.ts";

/** The timeline was left at `switchLsn` for the next one. */
export interface HistoryEntry {
  readonly timeline: number;
  readonly switchLsn: Lsn;
  readonly reason: string;
}

/** @throws WAL_INVALID when a line cannot be read or timelines do not grow */
export function parseHistory(text: string): readonly HistoryEntry[] {
  const entries: HistoryEntry[] = [];
  for (const line of text.split("\n")) {
    if (/^\s*(#|$)/.test(line)) continue;
    const entry = parseLine(line);
    const last = entries.at(-1);
    if (last !== undefined && (entry.timeline <= last.timeline || entry.switchLsn < last.switchLsn)) throw bad(line);
    entries.push(entry);
  }
  return entries;
}

/** The history of that timeline: it tells of one before at least. @throws WAL_INVALID */
export function checkHistory(timeline: number, text: string): readonly HistoryEntry[] {
  const entries = parseHistory(text);
  const last = entries.at(-1);
  if (last !== undefined && last.timeline < timeline) return entries;
  throw new SkytoolsError("WAL_INVALID", `this is not the history of timeline ${timeline}`);
}

export function formatHistory(entries: readonly HistoryEntry[]): string {
  return entries.map(({ timeline, switchLsn, reason }) => `${timeline}\t${formatLsn(switchLsn)}\t${reason}\n`).join("");
}

/** Where a timeline ends that the history's timeline descends from; null when it does not descend from it. */
export function forkOf(entries: readonly HistoryEntry[], timeline: number): Lsn | null {
  return entries.find((entry) => entry.timeline === timeline)?.switchLsn ?? null;
}

/** The timeline that wrote the byte at a position, on the way to `target`, whose history this is. */
export function timelineAt(entries: readonly HistoryEntry[], target: number, lsn: Lsn): number {
  return entries.find((entry) => lsn < entry.switchLsn)?.timeline ?? target;
}

function parseLine(line: string): HistoryEntry {
  const [, timeline, lsn, reason] = /^\s*(\d{1,10})\s+([0-9A-Fa-f]+\/[0-9A-Fa-f]+)\s*(.*)$/.exec(line) ?? [];
  if (timeline === undefined || lsn === undefined) throw bad(line);
  return { timeline: Number(timeline), switchLsn: parseLsn(lsn), reason: reason ?? "" };
}

function bad(line: string): SkytoolsError {
  return new SkytoolsError("WAL_INVALID", `a line of a timeline history cannot be read: ${line.slice(0, 100)}`);
}
