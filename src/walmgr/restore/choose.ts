// Which backup a restore begins from, and on which timeline it goes on.
import { reasonOf, SkytoolsError } from "../../errors/index.ts";
import { type BackupDescription, chainOf, compareAge, type DoneBackup, isDone } from "../backup/index.ts";
import { formatLsn, type Lsn } from "../formats/index.ts";
import type { Reach, WalMap } from "../wal-map/index.ts";
import { describeTarget, type RecoveryTarget, targetTimeMs } from "./target.ts";

export interface ChooseOptions {
  readonly backups: readonly BackupDescription[];
  readonly wal: WalMap;
  readonly target: RecoveryTarget;
  /** A number, or that of the backup ("current"). */
  readonly timeline: number | "current";
  /** A certain one; null: the newest that fits. */
  readonly set: string | null;
  /** Where the target was found in the WAL, for those that have a place there. */
  readonly targetLsn?: Lsn | null;
  /** Looks at the WAL itself, last: why recovery to the target would fail; null: it would not. */
  readonly whyNot?: (choice: Choice) => Promise<string | null>;
}

export interface Choice {
  /** The full backup first. */
  readonly chain: readonly DoneBackup[];
  readonly backup: DoneBackup;
  readonly timeline: number;
  readonly reach: Reach;
}

/**
 * Where "latest" leads: to the newest timeline of all, as a server was recovered to an earlier moment because what it left was
 * not wanted. From a certain backup: to the newest that descends from where it is.
 */
export function latestTimeline(backups: readonly BackupDescription[], wal: WalMap, set: string | null): number {
  const done = backups.filter(isDone);
  const named = done.find((backup) => backup.set === set);
  const known = [...wal.timelines, ...done.map(({ timeline }) => timeline)];
  const possible = named === undefined ? known : known.filter((timeline) => leadsTo(named, timeline, wal));
  return Math.max(1, ...possible);
}

/** Whether recovery from the backup can come to that timeline. */
export function leadsTo({ timeline, endLsn }: DoneBackup, target: number, wal: WalMap): boolean {
  return wal.isOnPath(target, timeline, endLsn);
}

/** @throws BACKUP_NOT_FOUND with the reason why none fits */
export async function chooseBackup(options: ChooseOptions): Promise<Choice> {
  const { backups, set } = options;
  const done = backups.filter(isDone).sort((a, b) => compareAge(b, a));
  const named = set === null ? done : done.filter((backup) => backup.set === set);
  if (named.length === 0) {
    throw notFound(set === null ? "the repository has no finished backup" : `there is no finished backup ${set}`);
  }
  const reasons: string[] = [];
  for (const backup of named) {
    const found = tryBackup(backup, options);
    const why = typeof found === "string" ? found : ((await options.whyNot?.(found)) ?? null);
    if (typeof found !== "string" && why === null) return found;
    reasons.push(`${backup.set}: ${why}`);
  }
  throw notFound(`no backup leads to ${describeTarget(options.target)} (${reasons.slice(0, 3).join("; ")})`);
}

/** Text: why not. */
function tryBackup(backup: DoneBackup, options: ChooseOptions): Choice | string {
  const { backups, wal, target, targetLsn = null } = options;
  const timeline = options.timeline === "current" ? backup.timeline : options.timeline;
  const reach = wal.reach({ timeline: backup.timeline, lsn: backup.startLsn }, timeline);
  if (reach === null || !leadsTo(backup, timeline, wal)) return `it is not on the way to timeline ${timeline}`;
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

function notFound(message: string): SkytoolsError {
  return new SkytoolsError("BACKUP_NOT_FOUND", message, {
    hint: "`info` lists backups, `restore-points` what can be reached; --target-timeline takes another timeline",
  });
}
