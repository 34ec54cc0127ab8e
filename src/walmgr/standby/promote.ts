// Making a standby the primary: only when it has all that is known, and nobody else is the primary.
import type { Clock } from "../../clock/index.ts";
import { SkytoolsError } from "../../errors/index.ts";
import { type Connection, PostgresError } from "../../postgres/index.ts";
import { formatLsn, type Lsn, parseLsn } from "../formats/index.ts";

export interface PromoteOptions {
  readonly standby: Connection;
  /** End of the WAL of the old primary, as far as anybody knows; null: nobody does. */
  readonly knownLsn: Lsn | null;
  /** Whether the old primary still answers. */
  readonly isPrimaryAlive: () => Promise<boolean>;
  /** Makes sure that it never comes back; null: nothing is done about it. */
  readonly fence: (() => Promise<void>) | null;
  /** Lost WAL and two primaries are accepted. */
  readonly isForced: boolean;
  readonly timeoutMs: number;
  readonly clock: Clock;
  /** Ends the waiting; nothing is promoted then. */
  readonly signal: AbortSignal;
}

export interface Promotion {
  readonly timeline: number;
  /** Where the standby stood. */
  readonly lsn: Lsn;
}

const PAUSE_MS = 200;
/** object_not_in_prerequisite_state: so a server that recovers answers when its promotion was asked for already. */
const NOT_NOW = "55000";

/** @throws SAFETY_REFUSED, DATABASE, ABORTED */
export async function promote(options: PromoteOptions): Promise<Promotion> {
  const { standby, isPrimaryAlive, fence, isForced, timeoutMs } = options;
  if (!(await isInRecovery(standby))) {
    throw new SkytoolsError("SAFETY_REFUSED", "the server is a primary already");
  }
  await fence?.();
  if (!isForced && (await isPrimaryAlive())) {
    throw new SkytoolsError("SAFETY_REFUSED", "the old primary still answers", {
      hint: "stop it first, set fence_cmd, or give --force: two primaries lose data",
    });
  }
  const lsn = await caughtUp(options);
  const isAsked = (await resume(standby)) === "promoting";
  const done = isAsked ? await untilOpen(options) : await ask(standby, timeoutMs);
  if (!done) throw new SkytoolsError("SAFETY_REFUSED", "the server did not get ready in time; its log says why");
  const { timeline } = await standby.one<{ timeline: number }>(
    "select ('x' || substr(pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_lsn()), 1, 8))::bit(32)::int as timeline",
  );
  return { timeline, lsn };
}

/** Waits a while for the standby to get what is known. */
async function caughtUp({ standby, knownLsn, isForced, clock, timeoutMs, signal }: PromoteOptions): Promise<Lsn> {
  const deadline = clock.now() + timeoutMs;
  for (;;) {
    const lsn = await standbyLsn(standby);
    if (knownLsn === null || lsn >= knownLsn || isForced) return lsn;
    if (signal.aborted) throw new SkytoolsError("ABORTED", "stopped while the standby lacked WAL: it was not promoted");
    // One that is paused fetches nothing. One whose promotion was asked for, by a run that was killed, waits for nobody.
    if ((await resume(standby)) === "promoting") return lsn;
    if (clock.now() > deadline) {
      throw new SkytoolsError(
        "SAFETY_REFUSED",
        `the standby has WAL up to ${formatLsn(lsn)}, but ${formatLsn(knownLsn)} is known: ${knownLsn - lsn} bytes would be lost`,
        { hint: "let it fetch them from the repository (restore_command), or give --force" },
      );
    }
    await clock.sleep(PAUSE_MS, signal);
  }
}

async function ask(standby: Connection, timeoutMs: number): Promise<boolean> {
  const seconds = Math.max(1, Math.round(timeoutMs / 1000));
  return (await standby.one<{ done: boolean }>("select pg_catalog.pg_promote(true, $1::int) as done", [seconds])).done;
}

async function untilOpen({ standby, timeoutMs, clock, signal }: PromoteOptions): Promise<boolean> {
  const deadline = clock.now() + timeoutMs;
  while (await isInRecovery(standby)) {
    if (signal.aborted || clock.now() > deadline) return false;
    await clock.sleep(PAUSE_MS, signal);
  }
  return true;
}

async function resume(standby: Connection): Promise<"replaying" | "promoting"> {
  try {
    await standby.execute("select pg_catalog.pg_wal_replay_resume()");
    return "replaying";
  } catch (error) {
    if (error instanceof PostgresError && error.sqlstate === NOT_NOW) return "promoting";
    throw error;
  }
}

/** How far it has got, replayed or not. */
export async function standbyLsn(standby: Connection): Promise<Lsn> {
  const { lsn } = await standby.one<{ lsn: string }>(
    `select greatest(coalesce(pg_catalog.pg_last_wal_receive_lsn(), '0/0'),
                     coalesce(pg_catalog.pg_last_wal_replay_lsn(), '0/0'))::text as lsn`,
  );
  return parseLsn(lsn);
}

export async function isInRecovery(db: Connection): Promise<boolean> {
  return (await db.one<{ is: boolean }>("select pg_catalog.pg_is_in_recovery() as is")).is;
}
