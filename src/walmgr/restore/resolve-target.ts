// Finds the target of a recovery in the WAL that is stored, before anything is written: where a restore point or a
// transaction ends, and whether there is a commit at which a time can be met.
import { SkytoolsError } from "../../errors/index.ts";
import { type DoneBackup, isDone, type BackupDescription } from "../backup/index.ts";
import { formatLsn, type Lsn } from "../formats/index.ts";
import type { Repository } from "../repository/index.ts";
import { commitOf, lastCommitOf, readMoments, type RouteStep, type WalMap } from "../wal-map/index.ts";
import { describeTarget, type RecoveryTarget, targetTimeMs } from "./target.ts";

export interface FoundTarget {
  /** End of the record that is the target; null: the target has no place of its own. */
  readonly lsn: Lsn | null;
  /** Earlier restore points of the same name: recovery would stop at the first one that it meets. */
  readonly namesakes: readonly Lsn[];
}

export interface ResolveOptions {
  readonly repository: Repository;
  readonly backups: readonly BackupDescription[];
  readonly map: WalMap;
  readonly target: RecoveryTarget;
  readonly timeline: number | "latest" | "current";
}

const NOWHERE: FoundTarget = { lsn: null, namesakes: [] };

/** @throws BACKUP_NOT_FOUND when the stored WAL does not have the target */
export async function resolveTarget(options: ResolveOptions): Promise<FoundTarget> {
  const { target, repository, map } = options;
  const oldest = options.backups.find(isDone);
  if (oldest === undefined || !["name", "xid", "time"].includes(target.kind)) return NOWHERE;
  const route = longestRoute(oldest, options);
  if (route === null) return NOWHERE;
  const { wal } = repository;
  if (target.kind === "time") {
    const last = await lastCommitOf(wal, map.segmentBytes, route);
    if (last !== null && last.timeMs >= targetTimeMs(target.time)) return NOWHERE;
    const text = last === null ? "there is none" : `the last one is of ${new Date(last.timeMs).toISOString()}`;
    throw missing(target, `no transaction was committed then or later, ${text}`, "restore `latest` to have everything");
  }
  if (target.kind === "xid") {
    const commit = await commitOf(wal, map.segmentBytes, route, Number(target.xid));
    if (commit === null) throw missing(target, "it was not committed in the stored WAL", "look for its time instead");
    return { lsn: commit.lsn, namesakes: [] };
  }
  const { restorePoints } = await readMoments(wal, map.segmentBytes, route);
  const ofName = restorePoints.filter(({ name }) => target.kind === "name" && name === target.name);
  const last = ofName.at(-1);
  if (last === undefined) throw missing(target, "there is no such restore point", "`restore-points` lists them");
  return { lsn: last.lsn, namesakes: ofName.slice(0, -1).map(({ lsn }) => lsn) };
}

/** Recovery must not meet an earlier point of that name. @throws BACKUP_NOT_FOUND */
export function requireFirst(target: RecoveryTarget, { startLsn }: DoneBackup, { lsn, namesakes }: FoundTarget): void {
  const earlier = namesakes.find((other) => other >= startLsn);
  if (earlier === undefined || lsn === null) return;
  const places = [...namesakes, lsn].map(formatLsn).join(", ");
  throw missing(target, `there are several, at ${places}`, "choose one of them by --target-lsn");
}

function longestRoute(from: DoneBackup, { map, timeline }: ResolveOptions): readonly RouteStep[] | null {
  const targets = typeof timeline === "number" ? [timeline] : timeline === "current" ? [from.timeline] : map.timelines;
  let best: readonly RouteStep[] | null = null;
  for (const target of targets) {
    const route = map.route({ timeline: from.timeline, lsn: from.startLsn }, target);
    if (route !== null && (route.at(-1)?.endLsn ?? 0n) >= (best?.at(-1)?.endLsn ?? 0n)) best = route;
  }
  return best;
}

function missing(target: RecoveryTarget, why: string, hint: string): SkytoolsError {
  return new SkytoolsError("BACKUP_NOT_FOUND", `recovery to ${describeTarget(target)} is not possible: ${why}`, {
    hint,
  });
}
