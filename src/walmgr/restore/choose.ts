// Which backup a restore begins from, and on which timeline it goes on.
import { reasonOf, SkytoolsError } from "../../errors/index.ts";
import { type BackupDescription, chainOf, type DoneBackup, isDone } from "../backup/index.ts";
import { formatLsn, type Lsn } from "../formats/index.ts";
import type { Reach, WalMap } from "../wal-map/index.ts";
import { describeTarget, type RecoveryTarget, targetTimeMs } from "./target.ts";

export interface ChooseOptions {
  readonly backups: readonly BackupDescription[];
  readonly wal: WalMap;
  readonly target: RecoveryTarget;
  /** A number, the newest ("latest"), or that of the backup ("current"). */
  readonly timeline: number | "latest" | "current";
  /** A certain one; null: the newest that fits. */
  readonly set: string | null;
  /** Where the target was found in the WAL, for those that have a place there. */
  readonly targetLsn?: Lsn | null;
}

export interface Choice {
  /** The full backup first. */
  readonly chain: readonly DoneBackup[];
  readonly backup: DoneBackup;
  readonly timeline: number;
  readonly reach: Reach;
}

/** @throws BACKUP_NOT_FOUND with the reason why none fits */
export function chooseBackup(options: ChooseOptions): Choice {
  const { backups, set } = options;
  const done = backups.filter(isDone).sort((a, b) => b.startedMs - a.startedMs);
  const named = set === null ? done : done.filter((backup) => backup.set === set);
  if (named.length === 0) {
    throw notFound(set === null ? "the repository has no finished backup" : `there is no finished backup ${set}`);
  }
  const reasons: string[] = [];
  for (const backup of named) {
    const found = tryBackup(backup, options);
    if (typeof found !== "string") return found;
    reasons.push(`${backup.set}: ${found}`);
  }
  throw notFound(`no backup leads to ${describeTarget(options.target)} (${reasons.slice(0, 3).join("; ")})`);
}

/** Text: why not. */
function tryBackup(backup: DoneBackup, options: ChooseOptions): Choice | string {
  const { backups, wal, target, timeline: wanted, targetLsn = null } = options;
  const timeline = timelineFrom(backup, wal, wanted);
  const reach = wal.reach({ timeline: backup.timeline, lsn: backup.startLsn }, timeline);
  if (reach === null) return `it is not on the way to timeline ${timeline}`;
  if (reach.endLsn < backup.endLsn) return `WAL is missing after ${formatLsn(reach.endLsn)}`;
  if (targetLsn !== null && targetLsn < backup.endLsn) return "it ends after the target";
  if (targetLsn !== null && targetLsn > reach.endLsn) return `WAL reaches only to ${formatLsn(reach.endLsn)}`;
  if (target.kind === "lsn" && target.lsn < backup.endLsn) return "it ends after the target";
  if (target.kind === "lsn" && target.lsn > reach.endLsn) return `WAL reaches only to ${formatLsn(reach.endLsn)}`;
  if (target.kind === "time" && targetTimeMs(target.time) < backup.finishedMs) return "it ends after the target";
  try {
    const chain = chainOf(backup, backups).filter(isDone);
    return { chain, backup, timeline, reach };
  } catch (error) {
    return reasonOf(error);
  }
}

/** The timeline that recovery from a backup goes to. */
export function timelineFrom(backup: DoneBackup, wal: WalMap, wanted: ChooseOptions["timeline"]): number {
  if (wanted === "current") return backup.timeline;
  return wanted === "latest" ? newestFrom(backup, wal) : wanted;
}

/** The newest timeline that descends from where the backup is. */
function newestFrom(backup: DoneBackup, wal: WalMap): number {
  const descendants = wal.timelines.filter((timeline) => wal.isOnPath(timeline, backup.timeline, backup.endLsn));
  return Math.max(backup.timeline, ...descendants);
}

function notFound(message: string): SkytoolsError {
  return new SkytoolsError("BACKUP_NOT_FOUND", message, { hint: "`info` lists backups and what can be reached" });
}
