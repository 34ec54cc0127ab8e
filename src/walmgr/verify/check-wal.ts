// The WAL: is what each backup needs there, do segments have the bytes that were stored, are they what their names say?
import type { DoneBackup } from "../backup/index.ts";
import { checkSegmentHeader, formatLsn, segmentOf } from "../formats/index.ts";
import type { Repository, StoredSegment } from "../repository/index.ts";
import type { WalMap } from "../wal-map/index.ts";
import { isMissing } from "../store/index.ts";
import type { Findings, VerifyLevel } from "./findings.ts";

export async function checkBackupWal(backup: DoneBackup, map: WalMap, findings: Findings): Promise<void> {
  await Promise.resolve();
  const reach = map.reach({ timeline: backup.timeline, lsn: backup.startLsn }, backup.timeline);
  if (reach !== null && reach.endLsn >= backup.endLsn) return;
  const end = formatLsn(reach?.endLsn ?? backup.startLsn);
  findings.bad(backup.set, `it cannot be restored: WAL is missing from ${end} to ${formatLsn(backup.endLsn)}`);
}

/**
 * Holes between segments. Behind one that a backup begins after, every moment is reached from that backup: worth a note, as
 * retention makes such holes too. Behind other holes moments are lost.
 */
export function checkContinuity(
  segments: readonly StoredSegment[],
  backups: readonly DoneBackup[],
  segmentBytes: number,
  findings: Findings,
): void {
  for (const [i, { name, timeline, number }] of segments.entries()) {
    const before = segments[i - 1];
    if (before === undefined || before.timeline !== timeline || before.number + 1n === number) continue;
    const message = `${number - before.number - 1n} segments before it are not there`;
    const begins = backups.some((one) => one.timeline === timeline && segmentOf(one.startLsn, segmentBytes) >= number);
    if (begins) findings.note(name, message);
    else findings.bad(name, message);
  }
}

/**
 * Level 2 and more: reads them, by which their checksums are compared; level 3 looks at their headers too. One that was
 * removed since they were listed is no news.
 */
export async function checkSegments(
  repository: Pick<Repository, "wal" | "identity">,
  segments: readonly StoredSegment[],
  level: VerifyLevel,
  findings: Findings,
): Promise<void> {
  const identity = await repository.identity();
  for (const { name } of segments) {
    await findings.attempt(name, async () => {
      let head: Buffer = Buffer.alloc(0);
      const body = await repository.wal.getSegment(name).catch(nullIfMissing);
      if (body === null) return;
      for await (const bytes of body) {
        findings.checkedBytes += bytes.length;
        if (head.length < 64) head = Buffer.concat([head, bytes]).subarray(0, 64);
      }
      if (level < 3 || identity === null) return;
      const { systemId, segmentBytes } = identity;
      checkSegmentHeader(name, head, { systemId, segmentBytes, major: null });
    });
  }
}

function nullIfMissing(error: unknown): null {
  if (isMissing(error)) return null;
  throw error;
}
