// Finds the target of a recovery in the WAL that is stored, before anything is written: where a restore point or a
// transaction ends, and whether there is a commit at which a time can be met.
import { SkytoolsError } from "../../errors/index.ts";
import { type BackupDescription, type DoneBackup, isDone } from "../backup/index.ts";
import { formatLsn, formatMoment, type Lsn } from "../formats/index.ts";
import { commitOf, lastCommitOf, type ReadableWal, readMoments, stretchesOf, type WalMap } from "../wal-map/index.ts";
import type { Choice } from "./choose.ts";
import { describeTarget, type RecoveryTarget, targetTimeMs } from "./target.ts";

export interface FoundTarget {
  /** As the server understands it. */
  readonly target: RecoveryTarget;
  /** End of the record that is the target; null: the target has no place of its own. */
  readonly lsn: Lsn | null;
  /** Earlier restore points of the same name: recovery would stop at the first one that it meets. */
  readonly namesakes: readonly Lsn[];
}

export interface ResolveOptions {
  readonly wal: ReadableWal;
  readonly backups: readonly BackupDescription[];
  readonly map: WalMap;
  readonly target: RecoveryTarget;
  readonly timeline: number | "current";
}

/** @throws BACKUP_NOT_FOUND when the stored WAL does not have the target; WRONG_USE when it cannot be one */
export async function resolveTarget(options: ResolveOptions): Promise<FoundTarget> {
  const { target, backups, wal, map, timeline } = options;
  const nowhere: FoundTarget = { target, lsn: null, namesakes: [] };
  if (target.kind !== "xid" && target.kind !== "name") return nowhere;
  const xid = target.kind === "xid" ? parseXid(target.xid) : null;
  const stretches = stretchesOf(map, backups.filter(isDone), (backup) =>
    timeline === "current" ? backup.timeline : timeline,
  );
  if (stretches.length === 0) return nowhere;
  for (const { route } of stretches.toReversed()) {
    if (target.kind === "xid") {
      const commit = xid === null ? null : await commitOf(wal, map.segmentBytes, route, xid);
      if (commit !== null) return { target: { kind: "xid", xid: String(commit.xid) }, lsn: commit.lsn, namesakes: [] };
    } else {
      const { restorePoints } = await readMoments(wal, map.segmentBytes, route);
      const places = restorePoints.filter(({ name }) => name === target.name).map(({ lsn }) => lsn);
      const lsn = places.pop();
      if (lsn !== undefined) return { target, lsn, namesakes: places };
    }
  }
  throw target.kind === "xid"
    ? missing(target, "it was not committed in the stored WAL", "look for its time instead")
    : missing(target, "there is no such restore point", "`restore-points` lists them");
}

/** WAL has 32 bits of a number; what stands above them, as functions of the server give it, counts how often they ran out. */
function parseXid(text: string): number {
  if (/^\d{1,20}$/.test(text)) return Number(BigInt.asUintN(32, BigInt(text)));
  throw new SkytoolsError("WRONG_USE", `"${text}" is not the number of a transaction`);
}

/** Recovery to a time ends at the first commit after it, and fails without one. Text: there is none on the way. */
export async function whyNoLaterCommit(
  target: RecoveryTarget,
  wal: ReadableWal,
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
