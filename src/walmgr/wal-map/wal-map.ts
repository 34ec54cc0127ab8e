// Which WAL a repository has: segments by timeline, histories, begun segments; and how far recovery would come with it.
import {
  checkHistory,
  forkOf,
  type HistoryEntry,
  type Lsn,
  segmentBefore,
  segmentOf,
  segmentStart,
} from "../formats/index.ts";
import type { PartialSegment } from "../repository/index.ts";
import type { ReadableWal } from "./readable-wal.ts";

export interface Reach {
  /** WAL is there without a gap up to here. */
  readonly endLsn: Lsn;
  /** The timeline that wrote the last of it. */
  readonly timeline: number;
  /** The last bytes come from a begun segment. */
  readonly usesPartial: boolean;
}

/** One segment of a way. */
export interface RouteStep extends Reach {
  readonly number: bigint;
}

export interface WalMapParts {
  readonly segmentBytes: number;
  /** Complete segments by timeline. */
  readonly segments: ReadonlyMap<number, ReadonlySet<bigint>>;
  readonly histories: ReadonlyMap<number, readonly HistoryEntry[]>;
  readonly partials: readonly Pick<PartialSegment, "timeline" | "number" | "flushedLsn">[];
  /** Timelines whose history cannot be read. Default: none. */
  readonly damagedHistories?: readonly number[];
}

export class WalMap {
  readonly segmentBytes: number;
  readonly #parts: WalMapParts;

  constructor(parts: WalMapParts) {
    this.segmentBytes = parts.segmentBytes;
    this.#parts = parts;
  }

  /** Timelines whose history cannot be read. */
  get damagedHistories(): readonly number[] {
    return this.#parts.damagedHistories ?? [];
  }

  /** Those behind the first of which nothing tells where they come from. */
  get missingHistories(): readonly number[] {
    return this.timelines.filter(
      (timeline) => timeline > 1 && this.history(timeline).length === 0 && !this.damagedHistories.includes(timeline),
    );
  }

  /** All that have a segment, a begun one, or a history; in order. */
  get timelines(): readonly number[] {
    const { segments, partials, histories } = this.#parts;
    const all = [...segments.keys(), ...partials.map(({ timeline }) => timeline), ...histories.keys()];
    return [...new Set(all)].sort((a, b) => a - b);
  }

  /** End of the newest WAL of a timeline, begun segments included; 0 when it has none. */
  endOf(timeline: number): Lsn {
    const { segments, partials } = this.#parts;
    const ends = partials.filter((one) => one.timeline === timeline).map(({ flushedLsn }) => flushedLsn);
    for (const number of segments.get(timeline) ?? []) ends.push(segmentStart(number + 1n, this.segmentBytes));
    return ends.reduce((a, b) => (b > a ? b : a), 0n);
  }

  /** Its own history, or the part of a descendant's that tells of it; empty: nothing is known. */
  history(timeline: number): readonly HistoryEntry[] {
    const { histories } = this.#parts;
    const own = histories.get(timeline);
    if (own !== undefined) return own;
    for (const entries of histories.values()) {
      const at = entries.findIndex((entry) => entry.timeline === timeline);
      if (at > 0) return entries.slice(0, at);
    }
    return [];
  }

  /** Whether recovery to `target` passes through that position of that timeline. */
  isOnPath(target: number, timeline: number, lsn: Lsn): boolean {
    if (target === timeline) return true;
    const fork = forkOf(this.history(target), timeline);
    return fork !== null && lsn <= fork;
  }

  /** How far WAL reaches on the way to a timeline. Null: the position is not on that way. */
  reach(from: { readonly timeline: number; readonly lsn: Lsn }, target: number): Reach | null {
    const route = this.route(from, target);
    if (route === null) return null;
    const last = route.at(-1);
    if (last === undefined) return { endLsn: from.lsn, timeline: from.timeline, usesPartial: false };
    const { endLsn, timeline, usesPartial } = last;
    return { endLsn, timeline, usesPartial };
  }

  /** The segments that recovery reads on that way, until one is missing. Null: the position is not on the way. */
  route(from: { readonly timeline: number; readonly lsn: Lsn }, target: number): readonly RouteStep[] | null {
    if (!this.isOnPath(target, from.timeline, from.lsn)) return null;
    const path = [...this.history(target), { timeline: target, switchLsn: null }].filter(
      ({ timeline }) => timeline >= from.timeline,
    );
    const steps: RouteStep[] = [];
    for (let at = from.lsn; ;) {
      const number = segmentOf(at, this.segmentBytes);
      const found = this.#find(path, number, at);
      if (found === null) return steps;
      const { timeline, endLsn, usesPartial } = found;
      steps.push({ timeline, number, endLsn, usesPartial });
      at = endLsn;
      if (found.isEnd) return steps;
    }
  }

  /** Segments of [startLsn, endLsn) that a timeline has. */
  has(timeline: number, startLsn: Lsn, endLsn: Lsn): boolean {
    const segments = this.#parts.segments.get(timeline);
    const last = segmentBefore(endLsn, this.segmentBytes);
    for (let number = segmentOf(startLsn, this.segmentBytes); number <= last; number += 1n) {
      if (segments?.has(number) !== true) return false;
    }
    return true;
  }

  /**
   * The newest timeline of the path that has the segment, as the server looks for it. One that was left at or before the
   * position does not count: its WAL says something else there.
   */
  #find(path: readonly { readonly timeline: number; readonly switchLsn: Lsn | null }[], number: bigint, at: Lsn) {
    const end = segmentStart(number + 1n, this.segmentBytes);
    for (let i = path.length - 1; i >= 0; i -= 1) {
      const { timeline, switchLsn } = path[i] as (typeof path)[number];
      const began = path[i - 1]?.switchLsn ?? 0n;
      if (segmentOf(began, this.segmentBytes) > number) continue;
      if (switchLsn !== null && switchLsn <= at) return null;
      if (this.#parts.segments.get(timeline)?.has(number) === true) {
        const isForked = switchLsn !== null && switchLsn < end;
        return { timeline, endLsn: isForked ? switchLsn : end, usesPartial: false, isEnd: isForked };
      }
      const partial = this.#parts.partials.find((one) => one.timeline === timeline && one.number === number);
      if (partial !== undefined && switchLsn === null && partial.flushedLsn > at) {
        return { timeline, endLsn: partial.flushedLsn, usesPartial: true, isEnd: true };
      }
    }
    return null;
  }
}

/** @throws STORE_FAILED */
export async function readWalMap(wal: ReadableWal, segmentBytes: number): Promise<WalMap> {
  const segments = new Map<number, Set<bigint>>();
  for await (const { timeline, number } of wal.segments()) {
    const ofTimeline = segments.get(timeline) ?? new Set();
    segments.set(timeline, ofTimeline.add(number));
  }
  const histories = new Map<number, readonly HistoryEntry[]>();
  const damagedHistories: number[] = [];
  for (const timeline of await wal.histories()) {
    const text = await wal.history(timeline);
    if (text === null) continue;
    const entries = readHistory(timeline, text);
    if (entries === null) damagedHistories.push(timeline);
    else histories.set(timeline, entries);
  }
  return new WalMap({ segmentBytes, segments, histories, damagedHistories, partials: await wal.partials() });
}

/** Null: it cannot be read. */
function readHistory(timeline: number, text: string): readonly HistoryEntry[] | null {
  try {
    return checkHistory(timeline, text);
  } catch {
    return null;
  }
}
