// Stretches of WAL without a gap, each from a backup to where recovery from it ends.
import type { Lsn } from "../formats/index.ts";
import type { RouteStep, WalMap } from "./wal-map.ts";

/** What a backup is to the WAL: where it starts, and what recovery has to pass. */
export interface BackupSpan {
  readonly timeline: number;
  readonly startLsn: Lsn;
  readonly endLsn: Lsn;
}

export interface Stretch<Backup> {
  /** The oldest one from which recovery goes that way. */
  readonly backup: Backup;
  /** The timeline that recovery goes to. */
  readonly timeline: number;
  readonly route: readonly RouteStep[];
}

/**
 * One for each backup that is not on the way from an older one: there are several when WAL is missing between backups, or
 * when they lead to different timelines. `backups` oldest first; those that lack WAL of their own are left out.
 */
export function stretchesOf<Backup extends BackupSpan>(
  map: WalMap,
  backups: readonly Backup[],
  targetOf: (backup: Backup) => number,
): readonly Stretch<Backup>[] {
  const found: Stretch<Backup>[] = [];
  for (const backup of backups) {
    const timeline = targetOf(backup);
    const isOnTheWay = found.some((one) => one.timeline === timeline && backup.startLsn < endOf(one));
    if (isOnTheWay) continue;
    const route = map.route({ timeline: backup.timeline, lsn: backup.startLsn }, timeline) ?? [];
    const stretch: Stretch<Backup> = { backup, timeline, route };
    if (endOf(stretch) >= backup.endLsn) found.push(stretch);
  }
  return found;
}

function endOf({ route }: Pick<Stretch<unknown>, "route">): Lsn {
  return route.at(-1)?.endLsn ?? 0n;
}
