// How far recovery shall go.
import { SkytoolsError } from "../../errors/index.ts";
import { formatLsn, formatMoment, type Lsn, parseMoment } from "../formats/index.ts";

export type RecoveryTarget =
  /** The end of all WAL, the begun segment included. */
  | { readonly kind: "latest" }
  /** As the server understands it; with a time zone, or it is that of the server. */
  | { readonly kind: "time"; readonly time: string }
  | { readonly kind: "lsn"; readonly lsn: Lsn }
  | { readonly kind: "xid"; readonly xid: string }
  /** A restore point made by pg_create_restore_point. */
  | { readonly kind: "name"; readonly name: string }
  /** As soon as the backup is consistent. */
  | { readonly kind: "immediate" };

export const targetActions = ["promote", "pause", "shutdown"] as const;
export type TargetAction = (typeof targetActions)[number];

/** Settings of the server for it. */
export function targetSettings(target: RecoveryTarget): Readonly<Record<string, string>> {
  switch (target.kind) {
    case "latest":
      return {};
    case "time":
      return { recovery_target_time: target.time };
    case "lsn":
      return { recovery_target_lsn: formatLsn(target.lsn) };
    case "xid":
      return { recovery_target_xid: target.xid };
    case "name":
      return { recovery_target_name: target.name };
    case "immediate":
      return { recovery_target: "immediate" };
  }
}

const TIME =
  /^(\d{4}-\d\d-\d\d)(?:[ T](\d\d?)(:\d\d(?::\d\d(?:\.\d+)?)?))?\s*(?:(Z|UTC|GMT)|([+-]\d\d)(?::?(\d\d))?)?$/i;

/**
 * Milliseconds since 1970 of a target time, with a fraction for microseconds. Without a time zone it is taken as UTC, without
 * a time of day as its beginning. @throws WRONG_USE
 */
export function targetTimeMs(time: string): number {
  const [, date, hour = "00", rest = ":00", , zoneHours = "+00", zoneMinutes = "00"] = TIME.exec(time.trim()) ?? [];
  const ms = parseMoment(`${date ?? ""}T${hour.padStart(2, "0")}${rest}${zoneHours}:${zoneMinutes}`);
  if (Number.isNaN(ms)) {
    throw new SkytoolsError("WRONG_USE", `"${time}" is not a time`, { hint: "such as 2026-11-21 12:30:00+01" });
  }
  return ms;
}

/** For the server: in UTC, to the microsecond. @throws WRONG_USE */
export function timeTarget(time: string): RecoveryTarget {
  return { kind: "time", time: formatMoment(targetTimeMs(time)).replace("T", " ").replace("Z", "+00") };
}

export function describeTarget(target: RecoveryTarget): string {
  const [[name, value] = ["the end of the WAL", ""]] = Object.entries(targetSettings(target));
  return value === "" ? name : `${name.replace(/^recovery_target_?/, "")} ${value}`.trim();
}
