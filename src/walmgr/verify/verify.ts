// Checks a repository: levels 1 to 3. Level 4 is restore-test. Changes nothing, unless damaged chunks shall be removed.
import type { Clock } from "../../clock/index.ts";
import { type Logger, silentLogger } from "../../service/index.ts";
import { SkytoolsError } from "../../errors/index.ts";
import { type DoneBackup, isDone, listBackups, readBackup, strayFolders } from "../backup/index.ts";
import type { MainKey } from "../codec/index.ts";
import { formatLsn, historyName } from "../formats/index.ts";
import type { Repository, StoredSegment } from "../repository/index.ts";
import { segmentFilter } from "../retention/index.ts";
import { writeText } from "../store/index.ts";
import { readWalMap } from "../wal-map/index.ts";
import { checkBackup } from "./check-backup.ts";
import { checkChunks } from "./check-chunks.ts";
import { checkBackupWal, checkContinuity, checkSegments } from "./check-wal.ts";
import { Findings, type VerifyLevel, type VerifyResult } from "./findings.ts";

export interface VerifyOptions {
  readonly repository: Repository;
  readonly keys?: readonly MainKey[];
  readonly level: VerifyLevel;
  /** One backup and its WAL alone; null: everything. */
  readonly set?: string | null;
  /** Removes damaged chunks, so that the next backup does not count on them. Default false. */
  readonly discard?: boolean;
  /** Ends the waiting for the lease that this takes. */
  readonly signal?: AbortSignal;
  readonly clock: Clock;
  readonly log?: Logger;
  readonly onProgress?: (subject: string) => void;
}

/** The last result is kept as an object of this name, for `check` and `info`. */
export const VERIFY_RESULT = "verify.json";

/** @throws BACKUP_NOT_FOUND, STORE_FAILED when the repository itself cannot be listed */
export async function verify(options: VerifyOptions): Promise<VerifyResult> {
  const { repository, keys = [], level, set = null, clock, log = silentLogger, onProgress = () => undefined } = options;
  const findings = new Findings(() => repository.identity());
  const all = await listBackups(repository.store);
  const backups = all.filter(isDone).filter((backup) => set === null || backup.set === set);
  if (set !== null && !all.some((one) => one.set === set && (isDone(one) || one.state === "damaged")))
    throw notFound(set);
  const identity = await repository.identity();
  if (set === null && backups.length === 0) findings.bad(repository.description, "there is no finished backup");
  for (const { set: name, state, error } of all) {
    if (state === "damaged" && (set === null || set === name)) findings.bad(name, error ?? "it is damaged");
    if (set === null && state === "failed") findings.note(name, `this backup failed: ${error ?? ""}`);
  }
  for (const { set: name } of set === null ? await strayFolders(repository.store) : []) {
    findings.note(name, "this folder has no description: it is no backup, and expire removes it after a day");
  }
  for (const backup of backups) {
    onProgress(backup.set);
    await checkBackup({ store: repository.store, keys, level, backup, all, findings });
  }
  if (backups.some(({ objects }) => objects.some(({ form }) => form === "chunks"))) {
    onProgress("chunks");
    const { discard = false, signal } = options;
    await checkChunks({ repository, keys, level, backups, all, discard, findings, signal });
  }
  const segments = identity === null ? [] : await segmentsFor(repository, set === null);
  if (identity !== null) {
    const map = await readWalMap(repository.wal, identity.segmentBytes);
    for (const backup of backups) await checkBackupWal(backup, map, findings);
    if (set === null) {
      for (const timeline of map.damagedHistories) findings.bad(historyName(timeline), "it cannot be read");
      for (const timeline of map.missingHistories.filter((one) => backups.some((backup) => backup.timeline < one))) {
        findings.bad(
          historyName(timeline),
          "it is not there, so no way leads to this timeline from the backups before it: `archive-push` the file from pg_wal of a server that was on it",
        );
      }
      await findings.attempt("gaps.json", () => checkGaps(repository, findings));
      // One that no backup needs was removed while somebody stored it once more.
      const isNeeded = segmentFilter({ backups, begins: backups, map });
      for (const segment of (await repository.wal.lost()).filter(isNeeded)) {
        findings.bad(segment.name, "it was stored, and its object is not there");
      }
      checkContinuity(segments, backups, identity.segmentBytes, findings);
    }
    onProgress("WAL");
    if (level >= 2) await checkSegments(repository, segments, level, findings);
  }
  const removed = await removedMeanwhile(repository, backups, findings);
  if (set !== null && removed.length > 0) throw notFound(set);
  const result: VerifyResult = {
    level,
    findings: findings.found,
    checkedBackups: backups.length - removed.length,
    checkedSegments: level >= 2 ? segments.length : 0,
    checkedBytes: findings.checkedBytes,
    finished: new Date(clock.now()).toISOString(),
  };
  if (set === null) {
    // Where this may only read, there is no note for `check` and `info`.
    await writeText(repository.store, VERIFY_RESULT, JSON.stringify(result)).catch((error: unknown) =>
      log.warn({ error, repository: repository.description }, "the result is not kept in the repository"),
    );
  }
  return result;
}

/** Of what an expire elsewhere took away while it was looked at, nothing bad is told. */
async function removedMeanwhile(
  { store }: Repository,
  backups: readonly DoneBackup[],
  findings: Findings,
): Promise<readonly string[]> {
  const removed: string[] = [];
  for (const { set } of backups.filter((backup) => findings.isBad(backup.set))) {
    if ((await readBackup(store, set)) === null) removed.push(set);
  }
  for (const set of removed) findings.forget(set);
  return removed;
}

function notFound(set: string): SkytoolsError {
  return new SkytoolsError("BACKUP_NOT_FOUND", `there is no backup ${set}`);
}

async function segmentsFor({ wal }: Repository, wanted: boolean): Promise<readonly StoredSegment[]> {
  const segments: StoredSegment[] = [];
  if (wanted) for await (const segment of wal.segments()) segments.push(segment);
  return segments;
}

/** Gaps that are known and acknowledged are no news. */
async function checkGaps({ wal }: Repository, findings: Findings): Promise<void> {
  for (const { isAcknowledged, timeline, startLsn, endLsn, reason } of await wal.gaps()) {
    const where = `timeline ${timeline}, ${formatLsn(startLsn)} to ${formatLsn(endLsn)}`;
    if (isAcknowledged) findings.note(where, `WAL is missing, as is known: ${reason}`);
    else findings.bad(where, `WAL is missing: ${reason}`);
  }
}
