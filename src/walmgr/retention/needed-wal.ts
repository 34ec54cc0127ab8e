// Which WAL stays: what surviving backups need to be consistent, and what leads from the backups of the recovery window on.
import type { DoneBackup } from "../backup/index.ts";
import { forkOf, segmentBefore, segmentOf } from "../formats/index.ts";
import type { StoredSegment } from "../repository/index.ts";
import type { WalMap } from "../wal-map/index.ts";

export interface WalNeeds {
  /** Backups that stay. */
  readonly backups: readonly DoneBackup[];
  /**
   * From the start of this one on everything stays, on all timelines that descend from it; null: of all that stay, the
   * oldest.
   */
  readonly windowBegin: DoneBackup | null;
  readonly map: WalMap;
}

/** A test for single segments. Without any backup nothing may go, nor of a timeline whose origin cannot be read. */
export function segmentFilter({ backups, windowBegin, map }: WalNeeds): (segment: StoredSegment) => boolean {
  const [oldest] = [...backups].sort((a, b) => (a.startLsn < b.startLsn ? -1 : 1));
  const begin = windowBegin ?? oldest;
  if (begin === undefined) return () => true;
  return ({ timeline, number }) =>
    map.damagedHistories.includes(timeline) ||
    backups.some((backup) => isInBackup(backup, timeline, number, map)) ||
    isAfter(begin, timeline, number, map);
}

/** [start, end] of the backup, on its timeline. */
function isInBackup(backup: DoneBackup, timeline: number, number: bigint, { segmentBytes }: WalMap): boolean {
  const first = segmentOf(backup.startLsn, segmentBytes);
  const last = segmentBefore(backup.endLsn, segmentBytes);
  return timeline === backup.timeline && number >= first && number <= last;
}

/** At or after the backup's start, on its timeline or one that descends from it, and on the older ones between. */
function isAfter(begin: DoneBackup, timeline: number, number: bigint, map: WalMap): boolean {
  const first = segmentOf(begin.startLsn, map.segmentBytes);
  if (number < first) return false;
  if (timeline === begin.timeline) return true;
  const descends = forkOf(map.history(timeline), begin.timeline);
  return descends !== null && descends >= begin.endLsn;
}
