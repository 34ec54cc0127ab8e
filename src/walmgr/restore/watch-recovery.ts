// Watches the recovery of a restored server that somebody else has started, until it is where it shall be. Its own words are
// read from its log only when it ends.
import { readdir, readFile, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Clock } from "../../clock/index.ts";
import { reasonOf, SkytoolsError } from "../../errors/index.ts";
import type { Connection } from "../../postgres/index.ts";
import { readPidfile } from "../../service/index.ts";
import { type Lsn, parseControl, parseLsn } from "../formats/index.ts";

export interface WatchOptions {
  readonly dataDirectory: string;
  /** Where the server listens; may throw as long as it does not. */
  readonly connect: () => Promise<Connection>;
  /** Where the server writes its log, when that is known. */
  readonly logFile?: string | null;
  readonly clock: Clock;
  readonly signal?: AbortSignal | undefined;
  /** End of what is replayed. */
  readonly onProgress?: (lsn: Lsn) => void;
}

export interface WatchedRecovery {
  /** open: it takes writes; paused: it waits at the target; standby: it goes on for ever; ended: it has shut down at the target;
   * unknown: it runs, and does not let us look. */
  readonly state: "open" | "paused" | "standby" | "ended" | "unknown";
  readonly lsn: Lsn | null;
  /** Time of the last transaction that was replayed, the server's text. */
  readonly lastCommit: string | null;
}

const POLL_MS = 300;
/** A server that is ready lets one in, or never will. */
const PATIENCE_MS = 15_000;
/** Between the start command and the first sign of the server. */
const START_MS = 30_000;
const NOTHING = { lsn: null, lastCommit: null };

/** @throws RESTORE_FAILED with the server's own words when it ends before it is there */
export async function watchRecovery(options: WatchOptions): Promise<WatchedRecovery> {
  const { clock, signal, dataDirectory } = options;
  const began = clock.now();
  let [wasSeen, readySince]: [boolean, number | null] = [false, null];
  while (signal?.aborted !== true) {
    const found = await look(options);
    if (found !== null && found !== "recovering") return found;
    const status = await statusOf(dataDirectory);
    if (status === null && (wasSeen || clock.now() - began > START_MS)) return await ended(options);
    wasSeen ||= status !== null;
    readySince = status === "ready" && found === null ? (readySince ?? clock.now()) : null;
    if (readySince !== null && clock.now() - readySince > PATIENCE_MS) return { state: "unknown", ...NOTHING };
    await clock.sleep(POLL_MS, signal);
  }
  return { state: "unknown", ...NOTHING };
}

/** Null: it does not let us in. */
async function look({ connect, onProgress }: WatchOptions): Promise<WatchedRecovery | "recovering" | null> {
  try {
    await using db = await connect();
    const row = await db.one<{ recovering: boolean; paused: boolean; lsn: string | null; time: string | null }>(
      `select pg_is_in_recovery() as recovering, pg_last_wal_replay_lsn()::text as lsn,
              pg_last_xact_replay_timestamp()::text as time,
              case when pg_is_in_recovery() then pg_is_wal_replay_paused() else false end as paused`,
    );
    const place = { lsn: row.lsn === null ? null : parseLsn(row.lsn), lastCommit: row.time };
    if (!row.recovering) return { state: "open", ...place };
    if (row.paused) return { state: "paused", ...place };
    const receiving = await db.query("select 1 from pg_stat_wal_receiver");
    if (receiving.length > 0) return { state: "standby", ...place };
    if (place.lsn !== null) onProgress?.(place.lsn);
    return "recovering";
  } catch {
    return null;
  }
}

/** The server's word for its state; null: it does not run. */
async function statusOf(dataDirectory: string): Promise<string | null> {
  const path = join(dataDirectory, "postmaster.pid");
  if (readPidfile(path).kind !== "running") return null;
  const text = await readFile(path, "utf8").catch(() => "");
  return (text.split("\n")[7] ?? "").trim();
}

async function ended(options: WatchOptions): Promise<WatchedRecovery> {
  const control = await readFile(join(options.dataDirectory, "global/pg_control")).then(parseControl, () => null);
  if (control?.state === "shut down in recovery") {
    return { state: "ended", lsn: control.minRecoveryLsn, lastCommit: null };
  }
  const log = await lastWords(options);
  throw new SkytoolsError("RESTORE_FAILED", `the restored server has ended${log === "" ? "" : `: ${log}`}`, {
    hint: log === "" ? "its log says why" : "the files are restored; start it again when the cause is gone",
  });
}

/** The last serious lines. */
async function lastWords({ dataDirectory, logFile = null }: WatchOptions): Promise<string> {
  const path = logFile ?? (await newestLog(dataDirectory));
  if (path === null) return "";
  const text = await readFile(path, "utf8").catch((error: unknown) => reasonOf(error));
  const serious = text.split("\n").filter((line) => /FATAL|PANIC/.test(line));
  return serious.slice(-3).join(" | ").slice(-1000);
}

async function newestLog(dataDirectory: string): Promise<string | null> {
  const candidates = [join(dirname(dataDirectory), "postgresql.log")];
  const folder = join(dataDirectory, "log");
  for (const name of await readdir(folder).catch(() => [])) candidates.push(join(folder, name));
  let best: { readonly path: string; readonly ms: number } | null = null;
  for (const path of candidates) {
    const ms = await stat(path).then(
      ({ mtimeMs }) => mtimeMs,
      () => 0,
    );
    if (ms > (best?.ms ?? 0)) best = { path, ms };
  }
  return best?.path ?? null;
}
