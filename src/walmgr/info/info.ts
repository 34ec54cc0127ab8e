// What a repository has, as one value: for people and for programs.
import { type BackupDescription, isDone, listBackups } from "../backup/index.ts";
import { formatLsn, segmentStart } from "../formats/index.ts";
import type { Repository } from "../repository/index.ts";
import { type Pin, readPins } from "../retention/index.ts";
import { readText } from "../store/index.ts";
import { parseVerifyResult, VERIFY_RESULT, type VerifyResult } from "../verify/index.ts";
import { lastCommitOf, type Reach, readWalMap, type WalMap } from "../wal-map/index.ts";

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
  /** How far recovery comes from the newest finished backup; null: there is none, or it cannot be restored. */
  readonly reachLsn: string | null;
  readonly reachTimeline: number | null;
  /** From this moment on (end of the oldest backup that can be restored); milliseconds. */
  readonly reachableFromMs: number | null;
  /** Time of the last transaction that recovery comes to, by the server's clock; milliseconds. */
  readonly lastCommitMs: number | null;
  readonly storedBytes: number;
  readonly lastVerify: VerifyResult | null;
}

/** @throws STORE_FAILED */
export async function repositoryInfo(repository: Repository): Promise<RepositoryInfo> {
  const identity = await repository.identity();
  const backups = await listBackups(repository.store);
  const timelines = identity === null ? [] : await timelineInfos(repository, identity.segmentBytes);
  const map = identity === null ? null : await readWalMap(repository.wal, identity.segmentBytes);
  const done = backups.filter(isDone);
  const newest = done.at(-1);
  const reach = newest === undefined || map === null ? null : furthest(map, newest);
  const verified = await readText(repository.store, VERIFY_RESULT);
  return {
    repository: repository.description,
    systemId: identity?.systemId ?? null,
    majors: identity?.majors ?? [],
    backups,
    pins: await readPins(repository.store),
    timelines,
    openGaps: (await repository.wal.gaps()).filter(({ isAcknowledged }) => !isAcknowledged).length,
    reachLsn: reach === null ? null : formatLsn(reach.endLsn),
    reachTimeline: reach?.timeline ?? null,
    reachableFromMs: done[0]?.finishedMs ?? null,
    lastCommitMs: await lastCommitMs(repository, map, newest, reach),
    storedBytes:
      backups.reduce((sum, { storedBytes }) => sum + storedBytes, 0) +
      timelines.reduce((sum, { storedBytes }) => sum + storedBytes, 0),
    lastVerify: verified === null ? null : parseVerifyResult(verified),
  };
}

type Place = Pick<BackupDescription, "timeline" | "startLsn">;
type FoundReach = Reach & { readonly target: number };

/** On whatever timeline recovery comes furthest. */
function furthest(map: WalMap, { timeline, startLsn }: Place): FoundReach | null {
  let best: FoundReach | null = null;
  for (const target of map.timelines) {
    const reach = map.reach({ timeline, lsn: startLsn }, target);
    if (reach !== null && (best === null || reach.endLsn >= best.endLsn)) best = { ...reach, target };
  }
  return best;
}

async function lastCommitMs(
  { wal }: Repository,
  map: WalMap | null,
  backup: Place | undefined,
  reach: FoundReach | null,
): Promise<number | null> {
  if (map === null || backup === undefined || reach === null) return null;
  const route = map.route({ timeline: backup.timeline, lsn: backup.startLsn }, reach.target) ?? [];
  return (await lastCommitOf(wal, map.segmentBytes, route))?.timeMs ?? null;
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
