// Checks of the server that need nothing but a connection: clock, settings, rights.
import type { Clock } from "../../clock/index.ts";
import type { Connection } from "../../postgres/index.ts";
import type { CheckLine } from "./line.ts";

/** Times of targets are the server's, ages of backups are ours. */
export async function clockLine(db: Connection, warnMs: number, clock: Clock): Promise<CheckLine> {
  const before = clock.now();
  const { ms } = await db.one<{ ms: string }>(
    "select (extract(epoch from clock_timestamp()) * 1000)::bigint::text as ms",
  );
  const after = clock.now();
  // What the question itself took is no difference.
  const skew = Number(ms) < before ? before - Number(ms) : Math.max(0, Number(ms) - after);
  const status = skew > warnMs ? "warning" : "ok";
  return { subject: "clock", status, message: `the clocks of the server and of this computer differ by ${skew} ms` };
}

export async function settingsLine(db: Connection): Promise<CheckLine> {
  const { level, writes } = await db.one<{ level: string; writes: string }>(
    "select current_setting('wal_level') as level, current_setting('full_page_writes') as writes",
  );
  if (level === "minimal") {
    const message = "wal_level is minimal: neither WAL nor backups can be had; run `setup`, and restart the server";
    return { subject: "settings", status: "critical", message };
  }
  if (writes === "off") return { subject: "settings", status: "warning", message: "full_page_writes is off" };
  return { subject: "settings", status: "ok", message: `wal_level is ${level}` };
}

export async function rightsLine(db: Connection): Promise<CheckLine> {
  const { name, may } = await db.one<{ name: string; may: boolean }>(
    "select current_user as name, (rolreplication or rolsuper) as may from pg_roles where rolname = current_user",
  );
  return may
    ? { subject: "rights", status: "ok", message: `${name} may replicate` }
    : {
        subject: "rights",
        status: "warning",
        message: `${name} has no attribute REPLICATION, unless primary_conninfo names another role`,
      };
}
