// What a repository has, as one value: for people and for programs.
import { SkytoolsError } from "../../errors/index.ts";
import { type BackupDescription, isDone, listBackups, ownBytesOf } from "../backup/index.ts";
import { CHUNK_FOLDER } from "../chunks/index.ts";
import { formatLsn, type Lsn, segmentStart } from "../formats/index.ts";
import type { Repository } from "../repository/index.ts";
import { latestTimeline, leadsTo } from "../restore/index.ts";
import { type Pin, readPins } from "../retention/index.ts";
import { readText } from "../store/index.ts";
import { parseVerifyResult, VERIFY_RESULT, type VerifyResult } from "../verify/index.ts";
import { lastCommitOf, type ReadableWal, readWalMap, type WalMap, withBegun } from "../wal-map/index.ts";

export interface TimelineInfo {
  readonly timeline: number;
  /** Of complete segments, without holes in between: `0/2000000 to 0/9000000`. */
  readonly ranges: readonly string[];
  readonly segments: number;
  readonly storedBytes: number;
}

export interface RepositoryInfo {
  readonly repository: string;
  readonly systemId: bigint | null;
  readonly majors: readonly number[];
  readonly backups: readonly BackupDescription[];
  readonly pins: readonly Pin[];
  readonly timelines: readonly TimelineInfo[];
  /** WAL that is known to be missing. */
  readonly openGaps: number;
  /** How far a restore of the newest comes; null: no backup leads to the newest timeline. */
  readonly reachLsn: string | null;
  readonly reachTimeline: number | null;
  /** From this moment on (end of the oldest backup that can be restored); milliseconds. */
  readonly reachableFromMs: number | null;
  /** Time of the last transaction that recovery comes to, by the server's clock; milliseconds, with a fraction. */
  readonly lastCommitMs: number | null;
  readonly storedBytes: number;
  readonly lastVerify: VerifyResult | null;
  /** Small files that cannot be read; what they tell is left out. */
  readonly problems: readonly string[];
}

/** @param receiver - where segments are begun, when that is elsewhere. @throws STORE_FAILED */
export async function repositoryInfo(
  repository: Repository,
  receiver: Repository | null = null,
): Promise<RepositoryInfo> {
  const problems: string[] = [];
  const identity = await unlessDamaged(() => repository.identity(), null, problems);
  const gaps = await unlessDamaged(() => repository.wal.gaps(), [], problems);
  const backups = await listBackups(repository.store);
  const timelines = identity === null ? [] : await timelineInfos(repository, identity.segmentBytes);
  const wal = receiver === null ? repository.wal : withBegun(repository.wal, receiver.wal);
  const map = identity === null ? null : await readWalMap(wal, identity.segmentBytes);
  const done = backups.filter(isDone);
  const target = map === null ? 1 : latestTimeline(done, map, null);
  const newest = map === null ? undefined : done.findLast((backup) => leadsTo(backup, target, map));
  const from = newest === undefined ? null : { timeline: newest.timeline, lsn: newest.startLsn };
  const reach = from === null ? null : (map?.reach(from, target) ?? null);
  const verified = await readText(repository.store, VERIFY_RESULT);
  return {
    repository: repository.description,
    systemId: identity?.systemId ?? null,
    majors: identity?.majors ?? [],
    backups,
    pins: await readPins(repository.store),
    timelines,
    openGaps: gaps.filter(({ isAcknowledged }) => !isAcknowledged).length,
    reachLsn: reach === null ? null : formatLsn(reach.endLsn),
    reachTimeline: reach?.timeline ?? null,
    reachableFromMs: done[0]?.finishedMs ?? null,
    lastCommitMs: map === null || from === null ? null : await lastCommitMs(wal, map, from, target),
    storedBytes:
      backups.reduce((sum, backup) => sum + ownBytesOf(backup), 0) +
      (await chunkBytes(repository, backups)) +
      timelines.reduce((sum, { storedBytes }) => sum + storedBytes, 0),
    lastVerify: verified === null ? null : parseVerifyResult(verified),
    problems,
  };
}

/** Chunks are shared: only a listing tells what they take. */
async function chunkBytes({ store }: Repository, backups: readonly BackupDescription[]): Promise<number> {
  if (!backups.some(({ objects }) => objects.some(({ form }) => form === "chunks"))) return 0;
  let bytes = 0;
  for await (const { sizeBytes } of store.list(`${CHUNK_FOLDER}/`)) bytes += sizeBytes;
  return bytes;
}

async function unlessDamaged<T>(read: () => Promise<T>, otherwise: T, problems: string[]): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof SkytoolsError) || error.code !== "REPOSITORY_DAMAGED") throw error;
    problems.push(`${error.message}${error.hint === undefined ? "" : ` (${error.hint})`}`);
    return otherwise;
  }
}

async function lastCommitMs(
  wal: ReadableWal,
  map: WalMap,
  from: { readonly timeline: number; readonly lsn: Lsn },
  target: number,
): Promise<number | null> {
  const last = await lastCommitOf(wal, map.segmentBytes, map.route(from, target) ?? []);
  return last?.timeMs ?? null;
}

async function timelineInfos({ wal }: Repository, segmentBytes: number): Promise<readonly TimelineInfo[]> {
  const found = new Map<number, { runs: [bigint, bigint][]; segments: number; storedBytes: number }>();
  for await (const { timeline, number, storedBytes } of wal.segments()) {
    const one = found.get(timeline) ?? { runs: [], segments: 0, storedBytes: 0 };
    found.set(timeline, one);
    one.segments += 1;
    one.storedBytes += storedBytes;
    const last = one.runs.at(-1);
    if (last?.[1] === number) last[1] = number + 1n;
    else one.runs.push([number, number + 1n]);
  }
  const at = (number: bigint): string => formatLsn(segmentStart(number, segmentBytes));
  return [...found].map(([timeline, { runs, segments, storedBytes }]) => ({
    timeline,
    ranges: runs.map(([from, to]) => `${at(from)} to ${at(to)}`),
    segments,
    storedBytes,
  }));
}
