// Finds the target of a recovery in the WAL that is stored, before anything is written: where a restore point or a
// transaction ends, and whether there is a commit at which a time can be met.
import { SkytoolsError } from "../../errors/index.ts";
import { type BackupDescription, type DoneBackup, isDone } from "../backup/index.ts";
import { formatLsn, formatMoment, type Lsn } from "../formats/index.ts";
import type { Repository } from "../repository/index.ts";
import { commitOf, lastCommitOf, readMoments, stretchesOf, type WalMap } from "../wal-map/index.ts";
import type { Choice } from "./choose.ts";
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
  readonly timeline: number | "current";
}

const NOWHERE: FoundTarget = { lsn: null, namesakes: [] };

/** @throws BACKUP_NOT_FOUND when the stored WAL does not have the target */
export async function resolveTarget(options: ResolveOptions): Promise<FoundTarget> {
  const { target, backups, map, timeline } = options;
  const { wal } = options.repository;
  if (target.kind !== "xid" && target.kind !== "name") return NOWHERE;
  const stretches = stretchesOf(map, backups.filter(isDone), (backup) =>
    timeline === "current" ? backup.timeline : timeline,
  );
  if (stretches.length === 0) return NOWHERE;
  for (const { route } of stretches.toReversed()) {
    if (target.kind === "xid") {
      const commit = await commitOf(wal, map.segmentBytes, route, Number(target.xid));
      if (commit !== null) return { lsn: commit.lsn, namesakes: [] };
    } else {
      const { restorePoints } = await readMoments(wal, map.segmentBytes, route);
      const places = restorePoints.filter(({ name }) => name === target.name).map(({ lsn }) => lsn);
      const lsn = places.pop();
      if (lsn !== undefined) return { lsn, namesakes: places };
    }
  }
  throw target.kind === "xid"
    ? missing(target, "it was not committed in the stored WAL", "look for its time instead")
    : missing(target, "there is no such restore point", "`restore-points` lists them");
}

/** Recovery to a time ends at the first commit after it, and fails without one. Text: there is none on the way. */
export async function whyNoLaterCommit(
  target: RecoveryTarget,
  { wal }: Repository,
  map: WalMap,
  { backup, timeline, inclusive }: Choice & { readonly inclusive: boolean },
): Promise<string | null> {
  if (target.kind !== "time") return null;
  const route = map.route({ timeline: backup.timeline, lsn: backup.startLsn }, timeline) ?? [];
  const last = await lastCommitOf(wal, map.segmentBytes, route);
  const afterMicros = last === null ? -1 : Math.round((last.timeMs - targetTimeMs(target.time)) * 1000);
  // One at the very moment belongs to an inclusive target: recovery goes on to the next.
  if (afterMicros > 0 || (afterMicros === 0 && !inclusive)) return null;
  const text = last === null ? "there is none" : `the last one is of ${formatMoment(last.timeMs)}`;
  return `no transaction was committed ${inclusive ? "later" : "then or later"}, ${text}`;
}

/** Recovery must not meet an earlier point of that name. @throws BACKUP_NOT_FOUND */
export function requireFirst(target: RecoveryTarget, { startLsn }: DoneBackup, { lsn, namesakes }: FoundTarget): void {
  const earlier = namesakes.find((other) => other >= startLsn);
  if (earlier === undefined || lsn === null) return;
  const places = [...namesakes, lsn].map(formatLsn).join(", ");
  throw missing(target, `there are several, at ${places}`, "choose one of them by --target-lsn");
}

function missing(target: RecoveryTarget, why: string, hint: string): SkytoolsError {
  return new SkytoolsError("BACKUP_NOT_FOUND", `recovery to ${describeTarget(target)} is not possible: ${why}`, {
    hint,
  });
}
