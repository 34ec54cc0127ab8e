// Is all well? One line a subject, as monitoring systems want it.
import type { Clock } from "../../clock/index.ts";
import { reasonOf, SkytoolsError } from "../../errors/index.ts";
import type { Connection } from "../../postgres/index.ts";
import { formatLsn, parseLsn } from "../formats/index.ts";
import { chainOf, isDone, keyIdOfBackup } from "../backup/index.ts";
import type { MainKey } from "../codec/index.ts";
import { hereLines, type HereLimits } from "./here.ts";
import { clockLine, rightsLine, settingsLine } from "./server-lines.ts";
import { repositoryInfo, type RepositoryInfo } from "../info/index.ts";
import type { Repository } from "../repository/index.ts";
import { writeText } from "../store/index.ts";
import type { CheckLine, CheckStatus } from "./line.ts";

export type { CheckLine, CheckStatus };

export interface CheckOptions {
  readonly repositories: readonly Repository[];
  /** walmgr_data: the gaps that were found here are recorded there first. */
  readonly local?: Repository;
  /** SQL on the primary; what it cannot tell is unknown. */
  readonly connect: () => Promise<Connection>;
  readonly warnBackupAgeMs: number;
  readonly warnWalBytes: number;
  readonly receiverName: string;
  readonly slot: string | null;
  /** Of encrypted repositories; without any it is not asked whether backups can be read. */
  readonly keys?: readonly MainKey[];
  readonly clock: Clock;
  /** Left out: the computer itself is not looked at. */
  readonly here?: HereLimits;
}

/** Statuses of processes, as Nagios and its kin take them. */
export const checkExits: Readonly<Record<CheckStatus, number>> = { ok: 0, warning: 1, critical: 2, unknown: 3 };

const CRITICAL_AGE = 3;
const CRITICAL_WAL = 10;
/** Clocks of two computers differ by less. */
const FUTURE_MS = 60_000;

/** Never throws for what it can say in a line. */
export async function check(options: CheckOptions): Promise<readonly CheckLine[]> {
  const lines: CheckLine[] = [];
  const infos: RepositoryInfo[] = [];
  for (const repository of options.repositories) {
    try {
      const info = await repositoryInfo(repository);
      infos.push(info);
      lines.push(...repositoryLines(info, options), ...(await keyLines(repository, info, options)));
      if (info.systemId !== null) lines.push(...(await writeLines(repository)));
    } catch (error) {
      lines.push({ subject: repository.description, status: "critical", message: textOf(error) });
    }
  }
  if (options.local !== undefined) lines.push(...(await localGapLines(options.local, options.repositories)));
  if (options.here !== undefined) lines.push(...(await hereLines(options.here)));
  lines.push(...(await serverLines(options, infos)));
  return lines;
}

/** The worst there is; unknown only when nothing is worse than ok. */
export function worstOf(lines: readonly CheckLine[]): CheckStatus {
  const order: readonly CheckStatus[] = ["critical", "warning", "unknown", "ok"];
  return order.find((status) => lines.some((line) => line.status === status)) ?? "unknown";
}

function repositoryLines(info: RepositoryInfo, { warnBackupAgeMs, clock }: CheckOptions): readonly CheckLine[] {
  const lines: CheckLine[] = [];
  const line = (status: CheckStatus, message: string): void =>
    void lines.push({ subject: info.repository, status, message });
  const newest = info.backups.filter(isDone).at(-1);
  if (newest === undefined) line("critical", "there is no finished backup");
  else {
    const ageMs = clock.now() - newest.finishedMs;
    const hours = Math.floor(ageMs / 3_600_000);
    const status = ageMs > CRITICAL_AGE * warnBackupAgeMs ? "critical" : ageMs > warnBackupAgeMs ? "warning" : "ok";
    if (ageMs < -FUTURE_MS) {
      line("warning", `the newest backup, ${newest.set}, was finished ${-hours} hours from now: which clock is wrong?`);
    } else line(status, `the newest backup, ${newest.set}, is ${Math.max(0, hours)} hours old`);
    try {
      chainOf(newest, info.backups);
    } catch (error) {
      line("critical", `the newest backup cannot be restored: ${reasonOf(error)}`);
    }
    if (info.reachLsn !== null && parseLsn(info.reachLsn) < newest.endLsn) {
      line("critical", `the backup ${newest.set} lacks WAL after ${info.reachLsn}`);
    }
  }
  for (const { set, state, error } of info.backups) {
    if (state === "damaged") line("critical", `the backup ${set} is damaged: ${error ?? ""}`);
  }
  const last = info.backups.at(-1);
  if (last?.state === "failed") line("warning", `the last backup, ${last.set}, failed: ${last.error ?? ""}`);
  for (const problem of info.problems) line("critical", problem);
  if (info.openGaps > 0)
    line("critical", `WAL is missing in ${info.openGaps} places: moments there cannot be restored`);
  const bad = info.lastVerify?.findings.filter(({ severity }) => severity === "bad") ?? [];
  if (bad.length > 0) line("critical", `the last verify found ${bad.length} damages: ${bad[0]?.message ?? ""}`);
  return lines;
}

/** Expire does not count such backups, and restores here need the key. */
async function keyLines(
  { store, description }: Repository,
  { backups }: RepositoryInfo,
  { keys = [] }: CheckOptions,
): Promise<readonly CheckLine[]> {
  const newest = backups.filter(isDone).at(-1);
  const id = newest === undefined || keys.length === 0 ? null : await keyIdOfBackup(store, newest);
  if (newest === undefined || id === null || keys.some((key) => key.id === id)) return [];
  const given = keys.map((key) => key.id).join(", ");
  const message = `the newest backup, ${newest.set}, needs the key ${id}, which is not given (${given}): is the key file right?`;
  return [{ subject: description, status: "critical", message }];
}

/** A repository that is away does not know of them yet. */
async function localGapLines(local: Repository, repositories: readonly Repository[]): Promise<readonly CheckLine[]> {
  if (repositories.includes(local)) return [];
  const line = (message: string): CheckLine => ({ subject: local.description, status: "critical", message });
  try {
    const open = (await local.wal.gaps()).filter(({ isAcknowledged }) => !isAcknowledged);
    const last = open.at(-1);
    if (last === undefined) return [];
    return [
      line(`WAL was lost in ${open.length} places, a repository may not know of it yet; the last: ${last.reason}`),
    ];
  } catch (error) {
    return [line(textOf(error))];
  }
}

const PROBE = "lock/check";

/** Nobody may have noticed yet that rights or the way were changed: the next backup would be the first. */
async function writeLines({ store, description }: Repository): Promise<readonly CheckLine[]> {
  try {
    await writeText(store, PROBE, "room for this?\n"); // an empty one is taken by a full disk
    await store.delete([PROBE]);
    return [];
  } catch (error) {
    return [{ subject: description, status: "critical", message: `nothing can be stored: ${textOf(error)}` }];
  }
}

async function serverLines(options: CheckOptions, infos: readonly RepositoryInfo[]): Promise<readonly CheckLine[]> {
  try {
    await using db = await options.connect();
    const lines = [await lagLine(db, options, infos), await receiverLine(db, options), await archiverLine(db)];
    lines.push(...(await clusterLines(db, infos)), await settingsLine(db), await rightsLine(db));
    if (options.here !== undefined) lines.push(await clockLine(db, options.here.warnClockMs, options.clock));
    if (options.slot !== null) lines.push(await slotLine(db, options.slot));
    return lines.filter((line) => line !== null);
  } catch (error) {
    return [{ subject: "server", status: "unknown", message: textOf(error) }];
  }
}

/** Positions of two clusters say nothing of each other. */
async function clusterLines(db: Connection, infos: readonly RepositoryInfo[]): Promise<readonly CheckLine[]> {
  const { id } = await db.one<{ id: string }>("select system_identifier::text as id from pg_control_system()");
  const foreign = infos.filter(({ systemId }) => systemId !== null && systemId !== BigInt(id));
  return foreign.map(({ repository, systemId }) => ({
    subject: repository,
    status: "critical",
    message: `it belongs to the cluster ${String(systemId)}, the server is ${id}: nothing of this server is stored there`,
  }));
}

async function lagLine(
  db: Connection,
  { warnWalBytes }: CheckOptions,
  infos: readonly RepositoryInfo[],
): Promise<CheckLine> {
  const { lsn } = await db.one<{ lsn: string }>(
    "select (case when pg_is_in_recovery() then pg_last_wal_replay_lsn() else pg_current_wal_flush_lsn() end)::text as lsn",
  );
  const reaches = infos.map(({ reachLsn }) => (reachLsn === null ? 0n : parseLsn(reachLsn)));
  const worst = reaches.reduce((a, b) => (b < a ? b : a), parseLsn(lsn));
  const lag = Number(parseLsn(lsn) - worst);
  const status = lag > CRITICAL_WAL * warnWalBytes ? "critical" : lag > warnWalBytes ? "warning" : "ok";
  return {
    subject: "WAL",
    status,
    message: `${lag} bytes of the server's WAL, which is at ${formatLsn(parseLsn(lsn))}, are not stored`,
  };
}

async function receiverLine(db: Connection, { receiverName }: CheckOptions): Promise<CheckLine> {
  const row = await db.maybeOne<{ state: string | null; sync: string | null }>(
    "select state, sync_state as sync from pg_stat_replication where application_name = $1 limit 1",
    [receiverName],
  );
  const { names } = await db.one<{ names: string }>("select current_setting('synchronous_standby_names') as names");
  const isWanted = names.includes(receiverName);
  if (row !== null) {
    // Who may not read the statistics of others sees neither.
    const known = [row.state ?? "connected", row.sync].filter((word) => word !== null);
    return { subject: "receiver", status: "ok", message: known.join(", ") };
  }
  return {
    subject: "receiver",
    status: isWanted ? "critical" : "warning",
    message: isWanted ? "not connected, and commits may wait for it" : "not connected",
  };
}

/** Null where nothing is archived. */
async function archiverLine(db: Connection): Promise<CheckLine | null> {
  const row = await db.one<{ mode: string; failing: boolean; wal: string | null }>(
    `select current_setting('archive_mode') as mode, last_failed_wal as wal,
            coalesce(last_failed_time > coalesce(last_archived_time, '-infinity'), false) as failing
       from pg_stat_archiver`,
  );
  if (row.mode === "off") return null;
  return row.failing
    ? { subject: "archiver", status: "critical", message: `archive_command fails, last for ${row.wal ?? "a file"}` }
    : { subject: "archiver", status: "ok", message: "archive_command works" };
}

async function slotLine(db: Connection, slot: string): Promise<CheckLine | null> {
  const row = await db.maybeOne<{ status: string | null; active: boolean }>(
    "select wal_status as status, active from pg_replication_slots where slot_name = $1",
    [slot],
  );
  if (row === null) return null;
  if (row.status === "lost") {
    return { subject: "slot", status: "critical", message: `the slot ${slot} has lost its WAL: take a full backup` };
  }
  const status = row.status === "unreserved" ? "critical" : row.status === "extended" ? "warning" : "ok";
  return {
    subject: "slot",
    status,
    message: `${slot}: ${row.status ?? "reserved"}, ${row.active ? "active" : "not active"}`,
  };
}

function textOf(error: unknown): string {
  const hint = error instanceof SkytoolsError && error.hint !== undefined ? ` (${error.hint})` : "";
  return `${reasonOf(error)}${hint}`;
}
