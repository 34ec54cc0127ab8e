// Comparison by ranges of the key: sums of each range on both sides, and only ranges whose sums differ are cut and read
// again, until the rows are known. Reads through the key's index, so each range is a short statement.
import { isDeepStrictEqual } from "node:util";
import type { Clock } from "../../clock/index.ts";
import { differingRows } from "./differ.ts";
import type { KeyRange, Reader } from "./reader.ts";
import type { SessionPair, Snapshots } from "./snapshots.ts";
import type { Tally } from "./tally.ts";

export interface WalkOptions {
  readonly source: Reader;
  readonly target: Reader;
  readonly snapshots: Snapshots;
  readonly tally: Tally;
  readonly clock: Clock;
  readonly parallel: number;
  readonly snapshotMs: number;
  readonly onStep: (done: number, total: number) => void;
  /** Null: from the beginning. */
  readonly ranges?: readonly KeyRange[] | null;
  /** Ranges that are left, while all others are settled. */
  readonly savePlace?: ((ranges: readonly KeyRange[]) => Promise<void>) | null;
  readonly signal?: AbortSignal | undefined;
}

const RANGE_ROWS = 50_000;
/** Ranges of this many rows are read row by row. */
const LIST_ROWS = 4_000;
const MAX_PIECES = 32;
/** More ranges would only make the list of them long. */
const MAX_RANGES = 20_000;

export async function compareByRanges(options: WalkOptions): Promise<void> {
  const { source, target, snapshots, tally, clock, parallel, snapshotMs, savePlace = null } = options;
  // Where the ranges end need not be of any moment.
  const work = options.ranges ?? (await initialRanges(source, target, await snapshots.open(1)));
  const walk = new Walk(options, work);
  while (!walk.isDone) {
    const sessions = await snapshots.renew(Math.min(parallel, Math.max(1, work.length)));
    const until = clock.now() + snapshotMs; // a node that lags must not use it up before anything is read
    await Promise.all(sessions.map((pair) => walk.run(pair, until)));
    if (savePlace === null) continue;
    await snapshots.end();
    await tally.finish();
    await savePlace(walk.left);
  }
  await snapshots.end();
}

async function initialRanges(source: Reader, target: Reader, pairs: readonly SessionPair[]): Promise<KeyRange[]> {
  const pair = pairs[0];
  const reader = source.shape.estimatedRows >= target.shape.estimatedRows ? source : target;
  const count = Math.min(MAX_RANGES, Math.round(reader.shape.estimatedRows / RANGE_ROWS));
  if (count < 2 || pair === undefined) return [{ from: null, to: null }];
  return rangesBetween(await reader.sampledCuts(reader === source ? pair.source : pair.target, count), {
    from: null,
    to: null,
  });
}

/** The range, cut at these keys. */
export function rangesBetween(cuts: readonly (readonly string[])[], { from, to }: KeyRange): KeyRange[] {
  const bounds = [from, ...cuts, to];
  return bounds.slice(1).map((end, i) => ({ from: bounds[i] ?? null, to: end ?? null }));
}

class Walk {
  readonly #options: WalkOptions;
  readonly #waiting: KeyRange[];
  #running = 0;
  #done = 0;
  #total: number;
  #failed = false;

  constructor(options: WalkOptions, ranges: readonly KeyRange[]) {
    this.#options = options;
    this.#waiting = [...ranges].reverse();
    this.#total = ranges.length;
  }

  get isDone(): boolean {
    return this.#waiting.length === 0 && this.#running === 0;
  }

  /** In their order. */
  get left(): readonly KeyRange[] {
    return [...this.#waiting].reverse();
  }

  /** Takes ranges until none is left or the snapshots are too old. */
  async run(pair: SessionPair, untilMs: number): Promise<void> {
    const { clock, signal, onStep } = this.#options;
    while (!this.#failed && clock.now() < untilMs) {
      signal?.throwIfAborted();
      const range = this.#waiting.pop();
      if (range === undefined) return;
      this.#running += 1;
      try {
        await this.#range(pair, range);
      } catch (error) {
        this.#failed = true;
        throw error;
      } finally {
        this.#running -= 1;
      }
      this.#done += 1;
      onStep(this.#done, this.#total);
    }
  }

  async #range(pair: SessionPair, range: KeyRange): Promise<void> {
    const { source, target, tally } = this.#options;
    const [ours, theirs] = await Promise.all([source.totals(pair.source, range), target.totals(pair.target, range)]);
    const isEqual = ours.rows === theirs.rows && ours.sum === theirs.sum;
    const rows = Math.max(ours.rows, theirs.rows);
    if (!isEqual && rows > LIST_ROWS) {
      const apart = Math.max(LIST_ROWS, Math.ceil(rows / MAX_PIECES));
      const isOurs = ours.rows >= theirs.rows;
      const found = await (isOurs ? source : target).cuts(isOurs ? pair.source : pair.target, range, apart);
      // Only a key that is not unique can be cut where it begins.
      const cuts = found.filter((cut) => !isDeepStrictEqual(cut, range.from));
      if (cuts.length > 0) {
        this.#waiting.push(...rangesBetween(cuts, range).reverse());
        this.#total += cuts.length + 1;
        return;
      }
    }
    tally.add(ours, theirs);
    if (isEqual) return;
    const [a, b] = await Promise.all([source.rows(pair.source, range), target.rows(pair.target, range)]);
    await tally.suspect(differingRows(a, b));
  }
}
