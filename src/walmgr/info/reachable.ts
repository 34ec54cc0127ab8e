// Which moments can be restored: from the end of the oldest backup to the last commit of each branch, and the restore
// points in between.
import { isDone, listBackups } from "../backup/index.ts";
import { type Commit, type RestorePoint, timelineAt } from "../formats/index.ts";
import type { Repository } from "../repository/index.ts";
import { readMoments, readWalMap, stretchesOf, type WalMap, withBegun } from "../wal-map/index.ts";

export interface ReachableMoments {
  readonly repository: string;
  readonly branches: readonly ReachableBranch[];
}

/** What can be restored on the way to one timeline, without a gap. */
export interface ReachableBranch {
  readonly timeline: number;
  /** The oldest backup from which recovery gets there. */
  readonly set: string;
  /** Its end, milliseconds since 1970. */
  readonly fromMs: number;
  readonly endLsn: bigint;
  readonly lastCommit: Commit | null;
  /** With the timeline that each was made on. */
  readonly restorePoints: readonly (RestorePoint & { readonly timeline: number })[];
}

/**
 * A branch for each timeline that is not on the way to a newer one; several where WAL is missing between backups.
 * `receiver`: where segments are begun, when that is elsewhere.
 * @throws STORE_FAILED
 */
export async function reachableMoments(
  repository: Repository,
  receiver: Repository | null = null,
): Promise<ReachableMoments> {
  const identity = await repository.identity();
  if (identity === null) return { repository: repository.description, branches: [] };
  const wal = receiver === null ? repository.wal : withBegun(repository.wal, receiver.wal);
  const map = await readWalMap(wal, identity.segmentBytes);
  const backups = (await listBackups(repository.store)).filter(isDone);
  const branches: ReachableBranch[] = [];
  for (const timeline of map.timelines) {
    if (goesOn(map, timeline)) continue;
    for (const { backup, route } of stretchesOf(map, backups, () => timeline)) {
      const moments = await readMoments(wal, identity.segmentBytes, route);
      const { set, finishedMs, endLsn } = backup;
      branches.push({
        timeline,
        set,
        fromMs: finishedMs,
        endLsn: route.at(-1)?.endLsn ?? endLsn,
        lastCommit: moments.lastCommit,
        // The segment of a fork is read from the newer timeline, whose file has the older one's records too.
        restorePoints: moments.restorePoints
          .filter(({ lsn }) => lsn >= endLsn)
          .map((point) => ({ ...point, timeline: timelineAt(map.history(timeline), timeline, point.lsn - 1n) })),
      });
    }
  }
  return { repository: repository.description, branches };
}

/** Another timeline begins at the very end of what this one has: all of it is on that way. */
function goesOn(map: WalMap, timeline: number): boolean {
  const end = map.endOf(timeline);
  return map.timelines.some((other) => other > timeline && map.isOnPath(other, timeline, end));
}
