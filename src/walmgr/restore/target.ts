// How far recovery shall go.
import { SkytoolsError } from "../../errors/index.ts";
import { formatLsn, type Lsn } from "../formats/index.ts";

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

/** Milliseconds since 1970 of a target time. Without a time zone it is taken as UTC. @throws WRONG_USE */
export function targetTimeMs(time: string): number {
  const text = time.trim().replace(/^(\d{4}-\d\d-\d\d)[ T]/, "$1T");
  const hasZone = /(Z|UTC|GMT|[+-]\d\d(:?\d\d)?)$/i.test(text);
  const zoned = hasZone
    ? text
        .replace(/\s*(UTC|GMT)$/i, "Z")
        .replace(/([+-]\d\d)$/, "$1:00")
        .replace(/\s+([+-])/, "$1")
    : `${text}Z`;
  const full = /^\d{4}-\d\d-\d\dZ?$/.test(zoned) ? `${zoned.slice(0, 10)}T00:00:00Z` : zoned;
  const ms = Date.parse(full);
  if (Number.isNaN(ms)) {
    throw new SkytoolsError("WRONG_USE", `"${time}" is not a time`, { hint: "such as 2026-11-21 12:30:00+01" });
  }
  return ms;
}

export function describeTarget(target: RecoveryTarget): string {
  const [[name, value] = ["the end of the WAL", ""]] = Object.entries(targetSettings(target));
  return value === "" ? name : `${name.replace(/^recovery_target_?/, "")} ${value}`.trim();
}
