// Removes what the rules do not want: in two steps, so that a mistake can be seen and undone, and never the last backup.
//
//   decide - write expire.json (what, since when) - after the grace time: backup.json first, then objects - chunks - WAL
import { type Clock } from "../../clock/index.ts";
import { SkytoolsError } from "../../errors/index.ts";
import {
  type BackupDescription,
  DESCRIPTION_FILE,
  type DoneBackup,
  folderOf,
  isDone,
  isSameMoment,
  listBackups,
  ownBytesOf,
  readableBackups,
} from "../backup/index.ts";
import type { MainKey } from "../codec/index.ts";
import { DEFAULT_SEGMENT_BYTES } from "../formats/index.ts";
import { type Repository, type StoredSegment, withLeases } from "../repository/index.ts";
import { readText, type Store, writeText } from "../store/index.ts";
import { readWalMap, WalMap } from "../wal-map/index.ts";
import { clearDeadEnds } from "./dead-ends.ts";
import { clearLeftovers, YOUNG_MS } from "./leftovers.ts";
import { segmentFilter, walBegins, type WalNeeds } from "./needed-wal.ts";
import { EXPIRE_LEASE, readPins } from "./pins.ts";
import { withReserve } from "./reserve.ts";
import { judgeBackups, type Pin, type RetentionRules, type Verdict, withVerdictsOf } from "./rules.ts";
import { planSweep, sweep } from "./sweep-chunks.ts";

export interface ExpireOptions {
  readonly repository: Repository;
  readonly rules: RetentionRules;
  /** Moments of so many days are to be reachable; null: those behind every backup that stays. */
  readonly keepWalDays: number | null;
  /** What is marked goes after this time, milliseconds. 0: at once. */
  readonly graceMs: number;
  readonly dryRun: boolean;
  /**
   * Backups that these do not read take the place of none that they do. Without any, all backups are taken for readable; which
   * chunks encrypted ones need is not known then, and all chunks stay.
   */
  readonly keys?: readonly MainKey[] | undefined;
  /** A backup that was finished just now stays, whatever clocks and rules say. */
  readonly made?: string | undefined;
  /** Called for each backup that goes, before anything is removed; what it throws keeps everything. */
  readonly beforeRemoval?: ((backup: BackupDescription) => Promise<void>) | undefined;
  readonly clock: Clock;
  /** Ends the waiting for the leases, and the removal between two of its steps. */
  readonly signal?: AbortSignal | undefined;
}

export interface ExpireResult {
  readonly verdicts: readonly Verdict[];
  /** Removed now, or with dryRun those that would be. */
  readonly removedBackups: readonly string[];
  /** Marked, and not yet old enough. */
  readonly waitingBackups: readonly string[];
  readonly removedSegments: number;
  readonly removedChunks: number;
  readonly freedBytes: number;
  /** What an operator should know. */
  readonly notes: readonly string[];
}

const MARKS = "expire.json";
/** Behind ssh each is a request of its own. */
const SEGMENTS_AT_ONCE = 200;
/** What failed or was never finished is kept that long, for whoever wants to know why. */
const REMAINS_MS = 7 * 86_400_000;

/** @throws LEASE_HELD while a backup or another expire runs, STORE_FAILED, ABORTED */
export async function expire(options: ExpireOptions): Promise<ExpireResult> {
  if (options.dryRun) return await underLease(options, () => Promise.resolve());
  const { repository, signal } = options;
  const wish = { repositories: [repository], names: ["backup", EXPIRE_LEASE], signal };
  return await withReserve(repository.store, () =>
    withLeases(wish, ({ requireHeld }) =>
      underLease(options, async () => {
        if (signal?.aborted === true)
          throw new SkytoolsError("ABORTED", "stopped by a signal: the rest goes the next time");
        await requireHeld();
      }),
    ),
  );
}

async function underLease(options: ExpireOptions, requireGo: () => Promise<void>): Promise<ExpireResult> {
  const { repository, keys = [], rules, keepWalDays, graceMs, dryRun, made, beforeRemoval, clock } = options;
  const { store } = repository;
  const now = clock.now();
  const all = await listBackups(store);
  const done = all.filter(isDone);
  const map = await mapOf(repository);
  const pins = [...(await readPins(store)), ...(made === undefined ? [] : [{ set: made, untilMs: null }])];
  pins.push(...likelyParents(all, done));
  const readable = await readableBackups(store, done, keys);
  const judge = (backups: readonly DoneBackup[]) => judgeBackups(backups, rules, pins, now, map);
  const verdicts = readable === done ? judge(done) : withVerdictsOf(judge(done), judge(readable));
  const unwanted = verdicts.filter(({ reasons }) => reasons.length === 0).map(({ backup }) => backup);
  const due = await dueNow(store, unwanted, { graceMs, now, dryRun });
  const gone = new Set(due.map(({ set }) => set));
  const waitingBackups = unwanted.filter(({ set }) => !gone.has(set)).map(({ set }) => set);
  const isRemains = (backup: BackupDescription) => !isDone(backup) && backup.state !== "damaged";
  const remains = all.filter((backup) => isRemains(backup) && now - backup.startedMs > REMAINS_MS);
  const isSurviving = ({ set }: DoneBackup): boolean => !gone.has(set);
  const surviving = done.filter(isSurviving);
  const windowMs = keepWalDays === null ? null : now - keepWalDays * 86_400_000;
  const begins = [surviving, readable.filter(isSurviving)].flatMap((backups) => walBegins(backups, windowMs, map));
  // Nobody knows which WAL a backup needs whose description cannot be read.
  const isWalKept = all.some(({ state }) => state === "damaged");
  const needs = { backups: surviving, begins, map };
  const segments = isWalKept ? [] : await unneededSegments(repository, needs);
  const goes = new Set([...gone, ...remains.map(({ set }) => set)]);
  const chunks = await planSweep({
    ...{ store, keys, beforeMs: now - YOUNG_MS, removed: due },
    surviving: all.filter(({ set }) => !goes.has(set)),
  });
  if (!dryRun) {
    for (const backup of due) await beforeRemoval?.(backup);
    for (const backup of [...due.reverse(), ...remains]) {
      await requireGo();
      await deleteBackup(store, backup);
    }
    await sweep(store, chunks, requireGo);
    for (let i = 0; i < segments.length; i += SEGMENTS_AT_ONCE) {
      await requireGo();
      await repository.wal.deleteSegments(segments.slice(i, i + SEGMENTS_AT_ONCE));
    }
    await requireGo();
    const identity = await repository.identity();
    await clearLeftovers({ store, wal: repository.wal, identity }, now);
    if (identity !== null && !isWalKept) await clearDeadEnds(repository, needs, now - YOUNG_MS);
  }
  return {
    verdicts,
    removedBackups: [...goes],
    waitingBackups,
    removedSegments: segments.length,
    removedChunks: chunks.names.length,
    freedBytes: sum(due.map(ownBytesOf)) + chunks.freedBytes + sum(segments.map(({ storedBytes }) => storedBytes)),
    notes: chunks.note === null ? [] : [chunks.note],
  };
}

/**
 * An incremental backup whose description cannot be read may be sound, of a newer version or mended by hand: what it must
 * have been taken on stays.
 */
function likelyParents(all: readonly BackupDescription[], done: readonly DoneBackup[]): readonly Pin[] {
  const lost = all.filter(({ state, type }) => state === "damaged" && type === "incremental");
  return lost.flatMap(({ set: child }) => {
    const newest = done.filter(({ set }) => set < child).reduce<DoneBackup | null>(newerByName, null);
    const candidates = done.filter((one) => newest !== null && isSameMoment(one, newest));
    return candidates.map(({ set }) => ({
      set,
      untilMs: null,
      why: `may be needed by ${child}, which cannot be read`,
    }));
  });
}

function newerByName(a: DoneBackup | null, b: DoneBackup): DoneBackup {
  return a === null || a.set < b.set ? b : a;
}

/** Marks what is unwanted; gives what was marked long enough ago. */
async function dueNow(
  store: Store,
  unwanted: readonly DoneBackup[],
  { graceMs, now, dryRun }: { readonly graceMs: number; readonly now: number; readonly dryRun: boolean },
): Promise<DoneBackup[]> {
  const old = parseMarks(await readText(store, MARKS));
  // A mark of a clock that was ahead counts from now on.
  const marks = Object.fromEntries(unwanted.map(({ set }) => [set, Math.min(old[set] ?? now, now)]));
  const due = unwanted.filter(({ set }) => now - (marks[set] ?? now) >= graceMs);
  if (!dryRun && JSON.stringify(marks) !== JSON.stringify(old)) await writeText(store, MARKS, JSON.stringify(marks));
  return due;
}

function parseMarks(text: string | null): Readonly<Record<string, number>> {
  if (text === null) return {};
  try {
    return (JSON.parse(text) as Record<string, number> | null) ?? {};
  } catch {
    return {}; // marked anew: it only stays longer
  }
}

async function mapOf(repository: Repository): Promise<WalMap> {
  const identity = await repository.identity();
  if (identity !== null) return await readWalMap(repository.wal, identity.segmentBytes);
  return new WalMap({ segmentBytes: DEFAULT_SEGMENT_BYTES, segments: new Map(), histories: new Map(), partials: [] });
}

async function unneededSegments({ wal }: Repository, needs: WalNeeds): Promise<readonly StoredSegment[]> {
  if (needs.backups.length === 0) return [];
  const isNeeded = segmentFilter(needs);
  const unneeded: StoredSegment[] = [];
  for await (const segment of wal.segments()) if (!isNeeded(segment)) unneeded.push(segment);
  // A record that came while an earlier run removed its segment.
  return [...unneeded, ...(await wal.lost()).filter((segment) => !isNeeded(segment))];
}

/** The description first: what has none does not count any more. */
async function deleteBackup(store: Store, { set }: BackupDescription): Promise<void> {
  await store.delete([`${folderOf(set)}/${DESCRIPTION_FILE}`]);
  await store.deleteFolder(folderOf(set));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
