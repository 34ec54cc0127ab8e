// Which backups lead to the moments of a recovery window: those that ended in it, and for each timeline that was in use then
// the newest one before it.
import type { DoneBackup } from "../backup/index.ts";
import type { WalMap } from "../wal-map/index.ts";

/** Window: from `beginMs` on. `backups` oldest first. */
export function neededForWindow(
  backups: readonly DoneBackup[],
  beginMs: number,
  map: Pick<WalMap, "timelines" | "isOnPath">,
): readonly DoneBackup[] {
  const newestFirst = backups.toReversed().sort((a, b) => b.finishedMs - a.finishedMs);
  const before = newestFirst.filter(({ finishedMs }) => finishedMs < beginMs);
  const needed = new Set(backups.filter(({ finishedMs }) => finishedMs >= beginMs));
  for (const timeline of new Set([...map.timelines, ...backups.map((backup) => backup.timeline)])) {
    const isOnWay = (backup: DoneBackup): boolean => map.isOnPath(timeline, backup.timeline, backup.endLsn);
    // A newer timeline had a backup of its own by then: this one was given up before the window.
    if (before.some((backup) => backup.timeline > timeline && !isOnWay(backup))) continue;
    const newest = before.find(isOnWay);
    if (newest !== undefined) needed.add(newest);
  }
  return backups.filter((backup) => needed.has(backup));
}
