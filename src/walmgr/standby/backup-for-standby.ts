// Which backup a standby can begin from: one whose WAL is stored as far as the primary's own begins.
import { chainOf, isDone, listBackups } from "../backup/index.ts";
import { type Lsn, segmentOf } from "../formats/index.ts";
import type { Repository } from "../repository/index.ts";
import { readWalMap } from "../wal-map/index.ts";

export interface KeptWal {
  /** The primary's. */
  readonly timeline: number;
  /** From the segment of this position on the primary has its WAL, and keeps it. */
  readonly oldestLsn: Lsn;
}

/** The newest one; null: none fits. @throws STORE_FAILED */
export async function backupForStandby(
  repository: Repository,
  { timeline, oldestLsn }: KeptWal,
): Promise<string | null> {
  const segmentBytes = (await repository.identity())?.segmentBytes;
  if (segmentBytes === undefined) return null;
  const all = await listBackups(repository.store);
  const wal = await readWalMap(repository.wal, segmentBytes);
  for (const backup of all.filter(isDone).reverse()) {
    const reach = wal.reach({ timeline: backup.timeline, lsn: backup.startLsn }, timeline);
    if (reach === null || reach.endLsn < backup.endLsn) continue;
    // Restoring serves whole segments; the one that is begun is streamed from its start.
    const isJoined = segmentOf(reach.endLsn, segmentBytes) >= segmentOf(oldestLsn, segmentBytes);
    if (isJoined && hasChain(backup, all)) return backup.set;
  }
  return null;
}

function hasChain(...[backup, all]: Parameters<typeof chainOf>): boolean {
  try {
    return chainOf(backup, all).every(isDone);
  } catch {
    return false; // then it is no use, whatever is missing
  }
}
