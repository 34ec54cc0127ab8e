// Compares one table in two databases. See docs/howto/compare-and-repair.md.
import { compareByBuckets } from "./by-buckets.ts";
import { compareByRanges } from "./by-ranges.ts";
import { countRows } from "./count.ts";
import { matchTables, shape } from "./match.ts";
import type { Suspect } from "./differ.ts";
import type { TableMatch } from "./table-match.ts";
import type { RowDifference } from "./difference.ts";
import type { CompareOptions, TableComparison } from "./options.ts";
import { basisOf } from "./place.ts";
import { Reader } from "./reader.ts";
import { openSession } from "./session.ts";
import { settle } from "./settle.ts";
import type { Settled } from "./settled.ts";
import { settleCopies } from "./settle-copies.ts";
import { Snapshots } from "./snapshots.ts";
import { readTableShape, type TableShape } from "./table-shape.ts";
import { Tally } from "./tally.ts";
import { isOrderShared } from "./value-form.ts";

export const compareDefaults = {
  parallel: 2,
  snapshotMs: 5 * 60_000,
  settleMs: 30_000,
  settleIntervalMs: 200,
  /** With a place to be saved: so much work is lost at most. */
  placeMs: 60_000,
} as const;

/** Rows on disk that follow the key less than this are read by scanning, if the table is larger than memory may be. */
const ENOUGH_CORRELATION = 0.3;
const LARGE_PAGES = 131_072;

/**
 * Compares and returns what it found; changes nothing. Locks no rows, and no table against writing; a snapshot is open
 * for at most `snapshotMs` after both sides have agreed, or for one scan of a table that cannot be read by its key.
 * @throws WRONG_USE when a table or column does not exist
 */
export async function compareTable(options: CompareOptions): Promise<TableComparison> {
  const { source, target, clock, signal } = options;
  const settings = { ...compareDefaults, ...definedOf(options) };
  const startedAt = clock.now();
  const { shapes, match } = await readShapes(options);
  const readers = {
    source: new Reader({ shape: shapes.source, match, side: "source", where: source.where ?? null }),
    target: new Reader({ shape: shapes.target, match, side: "target", where: target.where ?? null }),
  };
  const agree = options.agree ?? (() => Promise.resolve());
  await using snapshots = new Snapshots({ source, target, agree });
  await using again = new Snapshots({ source, target, agree });
  const settling = {
    ...readers,
    snapshots: again,
    clock,
    intervalMs: settings.settleIntervalMs,
    limitMs: settings.settleMs,
    signal,
  };
  if (options.isCountOnly === true) {
    return { ...(await countRows(settling)), table: source.table, match, durationMs: clock.now() - startedAt };
  }
  const look = (suspects: readonly Suspect[], seenAt: number): Promise<Settled> =>
    (match.key === null ? settleCopies : settle)(suspects, seenAt, settling);
  const lookAgain = (rows: readonly RowDifference[]): Promise<Settled> =>
    look(
      rows.map(({ key }) => ({ key, sourceHash: null, targetHash: null, surplus: 0 })),
      clock.now(),
    );
  const tally = new Tally({
    clock,
    settle: look,
    onDifferences: async (rows) => await options.onDifferences?.({ match, rows, ...readers, lookAgain }),
  });
  const basis = basisOf(match, options);
  const from = options.place?.from?.basis === basis ? options.place.from : null;
  if (from !== null) tally.restore(from.tally);
  const save = options.place?.save.bind(options.place) ?? null;
  const walk = usesRanges(shapes.source, shapes.target, match) ? compareByRanges : compareByBuckets;
  await walk({
    ...readers,
    snapshots,
    tally,
    clock,
    parallel: settings.parallel,
    snapshotMs: save === null ? settings.snapshotMs : Math.min(settings.snapshotMs, settings.placeMs),
    ranges: from?.ranges ?? null,
    savePlace: save === null ? null : (ranges) => save({ basis, ranges, tally: tally.state }),
    onStep: (done, total) =>
      options.onProgress?.({
        table: source.table,
        done,
        total,
        rows: Number(tally.sourceRows),
        estimatedRows: shapes.source.estimatedRows,
        differing: tally.suspected,
      }),
    signal,
  });
  await tally.finish();
  const { insert, update, delete: extra } = tally.kinds;
  return {
    table: source.table,
    source: { rows: tally.sourceRows, checksum: tally.sourceSum },
    target: { rows: tally.targetRows, checksum: tally.targetSum },
    match,
    inserts: insert,
    updates: update,
    deletes: extra,
    undecided: tally.undecided,
    inFlight: tally.inFlight,
    isEqual: insert + update + extra + tally.undecided === 0,
    isResumed: from !== null,
    examples: tally.examples,
    durationMs: clock.now() - startedAt,
  };
}

interface Shapes {
  readonly shapes: { readonly source: TableShape; readonly target: TableShape };
  readonly match: TableMatch;
}

async function readShapes({ source, target, columns, key }: CompareOptions): Promise<Shapes> {
  const read = async ({ open, table }: CompareOptions["source"]): Promise<TableShape> => {
    await using db = await openSession(open);
    return await readTableShape(db, table);
  };
  const [ours, theirs] = await Promise.all([read(source), read(target)]);
  return { shapes: { source: ours, target: theirs }, match: matchTables(ours, theirs, { columns, key }) };
}

/** Ranges need an order of the key that is the same on both sides and an index in that order. */
function usesRanges(source: TableShape, target: TableShape, { key, isSameEncoding }: TableMatch): boolean {
  if (key === null) return false;
  const names = key.map(({ name }) => name);
  const isOrdered = names.every((name) => isOrderShared(shape(source, name), shape(target, name), isSameEncoding));
  const hasIndex = [source, target].every(({ keys }) => keys.some((columns) => columns.join() === names.join()));
  const isFast = [source, target].every(
    ({ pages, correlation, hasPages }) => hasPages && (pages < LARGE_PAGES || correlation > ENOUGH_CORRELATION),
  );
  return isOrdered && hasIndex && isFast;
}

function definedOf<T extends object>(options: T): Partial<T> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Partial<T>;
}
