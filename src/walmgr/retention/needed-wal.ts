// Which WAL stays: what surviving backups need to be consistent, and what leads on from those that begin a recovery.
import type { DoneBackup } from "../backup/index.ts";
import { forkOf, segmentBefore, segmentOf } from "../formats/index.ts";
import type { StoredSegment } from "../repository/index.ts";
import type { WalMap } from "../wal-map/index.ts";
import { neededForWindow } from "./window.ts";

export interface WalNeeds {
  /** Backups that stay. */
  readonly backups: readonly DoneBackup[];
  /** Those of them behind which everything stays, on all timelines that they lead to. */
  readonly begins: readonly DoneBackup[];
  readonly map: WalMap;
}

/** From which backups recovery shall go on to any later moment: all, or those needed for moments since `beginMs`. */
export function walBegins(backups: readonly DoneBackup[], beginMs: number | null, map: WalMap): readonly DoneBackup[] {
  return beginMs === null ? backups : neededForWindow(backups, beginMs, map);
}

export type SegmentFilter = (segment: Pick<StoredSegment, "timeline" | "number">) => boolean;

/** A test for single segments. Without any backup nothing may go, nor what might lie on the way from one that stays. */
export function segmentFilter({ backups, begins, map }: WalNeeds): SegmentFilter {
  if (backups.length === 0) return () => true;
  const newest = Math.max(...backups.map(({ timeline }) => timeline));
  return ({ timeline, number }) =>
    map.damagedHistories.includes(timeline) ||
    backups.some((backup) => isInBackup(backup, timeline, number, map)) ||
    begins.some((begin) => isAfter(begin, timeline, number, map)) ||
    // Where it comes from is not known (yet): its history may be on its way.
    (map.history(timeline).length === 0 &&
      (timeline > newest || begins.some((begin) => mayLeadTo(begin, timeline, number, map))));
}

/** [start, end] of the backup, on its timeline. */
function isInBackup(backup: DoneBackup, timeline: number, number: bigint, { segmentBytes }: WalMap): boolean {
  const first = segmentOf(backup.startLsn, segmentBytes);
  const last = segmentBefore(backup.endLsn, segmentBytes);
  return timeline === backup.timeline && number >= first && number <= last;
}

function mayLeadTo(begin: DoneBackup, timeline: number, number: bigint, { segmentBytes }: WalMap): boolean {
  return begin.timeline < timeline && segmentOf(begin.startLsn, segmentBytes) <= number;
}

/** At or after the backup's start, on its timeline or one that descends from it, and on the older ones between. */
function isAfter(begin: DoneBackup, timeline: number, number: bigint, map: WalMap): boolean {
  const first = segmentOf(begin.startLsn, map.segmentBytes);
  if (number < first) return false;
  if (timeline === begin.timeline) return true;
  const descends = forkOf(map.history(timeline), begin.timeline);
  return descends !== null && descends >= begin.endLsn;
}
