// Comparison by buckets of hashes, for tables whose key the two servers would not sort alike, or that have none, or whose
// rows lie on disk in another order than the key's. Both sides are scanned once, in pieces of pages; only rows of buckets
// that differ are read again, sorted by hash, and merged.
import type { Connection } from "../../postgres/index.ts";
import { BucketReader, type BucketRow } from "./bucket-reader.ts";
import type { Suspect } from "./differ.ts";
import type { Tally } from "./tally.ts";
import type { WalkOptions } from "./by-ranges.ts";

const BUCKET_ROWS = 1_000;
const MAX_BUCKETS = 2 ** 14;
const MIN_PIECE_PAGES = 8_192;
const PIECES = 64;

/** The suspects of a table without a key come out as hashes with their surplus. */
export async function compareByBuckets(options: WalkOptions): Promise<void> {
  const { source, target, snapshots, tally, parallel, signal } = options;
  const estimated = Math.max(source.shape.estimatedRows, target.shape.estimatedRows);
  const wanted = Math.min(MAX_BUCKETS, Math.max(1, estimated / BUCKET_ROWS));
  const count = 2 ** Math.ceil(Math.log2(wanted));
  const sides = [new BucketReader(source, count), new BucketReader(target, count)] as const;
  const pairs = await snapshots.renew(parallel);
  const total = pieces(sides[0]).length + pieces(sides[1]).length;
  let done = 0;
  const step = (): void => options.onStep((done += 1), total + 1);
  const [ours, theirs] = await Promise.all([
    sums(
      sides[0],
      pairs.map((pair) => pair.source),
      step,
      signal,
    ),
    sums(
      sides[1],
      pairs.map((pair) => pair.target),
      step,
      signal,
    ),
  ]);

  const differing: number[] = [];
  for (let bucket = 0; bucket < count; bucket += 1) {
    const a = { rows: ours.rows[bucket] ?? 0, sum: ours.sums[bucket] ?? 0n };
    const b = { rows: theirs.rows[bucket] ?? 0, sum: theirs.sums[bucket] ?? 0n };
    tally.add(a, b);
    if (a.rows !== b.rows || a.sum !== b.sum) differing.push(bucket);
  }
  const pair = pairs[0];
  if (differing.length > 0 && pair !== undefined) {
    const [a, b] = [sides[0].sorted(pair.source, differing), sides[1].sorted(pair.target, differing)];
    await merge(a, b, tally);
  }
  options.onStep(total + 1, total + 1);
  await snapshots.end();
}

interface Sums {
  readonly rows: number[];
  readonly sums: bigint[];
}

function pieces({ reader }: BucketReader): (readonly [number, number | null])[] {
  const { hasPages, pages } = reader.shape;
  const size = Math.max(MIN_PIECE_PAGES, Math.ceil(pages / PIECES));
  if (!hasPages || pages <= size) return [[0, null]];
  // The last one is open: the table may have grown since it was measured.
  return Array.from({ length: Math.ceil(pages / size) }, (_, i) => {
    const end = (i + 1) * size;
    return [i * size, end >= pages ? null : end] as const;
  });
}

async function sums(
  side: BucketReader,
  sessions: readonly Connection[],
  onStep: () => void,
  signal: AbortSignal | undefined,
): Promise<Sums> {
  const found: Sums = { rows: [], sums: [] };
  const waiting = pieces(side);
  const run = async (db: Connection): Promise<void> => {
    for (let piece = waiting.pop(); piece !== undefined; piece = waiting.pop()) {
      signal?.throwIfAborted();
      for (const { bucket, rows, sum } of await side.sums(db, piece)) {
        found.rows[bucket] = (found.rows[bucket] ?? 0) + Number(rows);
        found.sums[bucket] = (found.sums[bucket] ?? 0n) + BigInt(sum);
      }
      onStep();
    }
  };
  await Promise.all(sessions.map(run));
  return found;
}

/** Both come sorted by `order`, so that rows of one key come at the same time. */
async function merge(
  source: AsyncIterator<BucketRow, void>,
  target: AsyncIterator<BucketRow, void>,
  tally: Tally,
): Promise<void> {
  let [a, b] = await Promise.all([nextGroup(source, null), nextGroup(target, null)]);
  while (a.group.length > 0 || b.group.length > 0) {
    const first = a.group[0]?.order;
    const second = b.group[0]?.order;
    const takesA = first !== undefined && (second === undefined || first <= second);
    const takesB = second !== undefined && (first === undefined || second <= first);
    const suspects = differing(takesA ? a.group : [], takesB ? b.group : []);
    if (suspects.length > 0) await tally.suspect(suspects);
    const [nextA, nextB] = [takesA ? nextGroup(source, a.next) : a, takesB ? nextGroup(target, b.next) : b];
    [a, b] = await Promise.all([nextA, nextB]);
  }
}

interface Group {
  readonly group: readonly BucketRow[];
  readonly next: BucketRow | null;
}

/** The rows of the next value of `order`. */
async function nextGroup(rows: AsyncIterator<BucketRow, void>, kept: BucketRow | null): Promise<Group> {
  const group: BucketRow[] = kept === null ? [] : [kept];
  for (;;) {
    const next = await rows.next();
    if (next.done === true) return { group, next: null };
    const { value } = next;
    if (group[0] !== undefined && group[0].order !== value.order) return { group, next: value };
    group.push(value);
  }
}

function differing(source: readonly BucketRow[], target: readonly BucketRow[]): Suspect[] {
  const suspects: Suspect[] = [];
  const rest = new Map(target.map((row) => [JSON.stringify(row.key), row]));
  for (const row of source) {
    const id = JSON.stringify(row.key);
    const other = rest.get(id);
    rest.delete(id);
    const surplus = row.copies - (other?.copies ?? 0);
    if (row.hash === other?.hash && surplus === 0) continue;
    suspects.push(suspect(row, row.hash, other?.hash ?? null, surplus));
  }
  for (const row of rest.values()) suspects.push(suspect(row, null, row.hash, -row.copies));
  return suspects;
}

/** Without a key a row is named by its hash, and stands for its copies that are too many on one side. */
function suspect(row: BucketRow, sourceHash: bigint | null, targetHash: bigint | null, surplus: number): Suspect {
  if (row.key.length > 0) return { key: row.key, sourceHash, targetHash };
  const key = [String(row.hash)];
  return surplus > 0
    ? { key, sourceHash: row.hash, targetHash: null, surplus }
    : { key, sourceHash: null, targetHash: row.hash, surplus };
}
