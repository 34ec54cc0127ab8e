// backup_label: where recovery of a base backup has to begin. Without it a restored server would begin elsewhere and be
// corrupt without a word.
import { SkytoolsError } from "../../errors/index.ts";
import { type Lsn, parseLsn } from "./lsn.ts";

export interface BackupLabel {
  readonly startLsn: Lsn;
  readonly startSegment: string;
  readonly checkpointLsn: Lsn;
  readonly method: string;
  readonly from: "primary" | "standby";
  /** As the server wrote it. */
  readonly startTime: string;
  readonly label: string;
  readonly timeline: number;
  /** Of an incremental backup: where its parent began. */
  readonly incrementalFrom: { readonly lsn: Lsn; readonly timeline: number } | null;
}

/** @throws BACKUP_INVALID */
export function parseBackupLabel(text: string): BackupLabel {
  const start = /^START WAL LOCATION: (\S+) \(file ([0-9A-F]{24})\)/m.exec(text);
  const timeline = field(text, "START TIMELINE") ?? (start?.[2] === undefined ? null : fromHex(start[2]));
  const checkpoint = field(text, "CHECKPOINT LOCATION");
  if (start?.[1] === undefined || start[2] === undefined || checkpoint === null || timeline === null) {
    throw new SkytoolsError("BACKUP_INVALID", "the backup_label cannot be read");
  }
  const fromLsn = field(text, "INCREMENTAL FROM LSN");
  return {
    startLsn: parseLsn(start[1]),
    startSegment: start[2],
    checkpointLsn: parseLsn(checkpoint),
    method: field(text, "BACKUP METHOD") ?? "",
    from: field(text, "BACKUP FROM") === "standby" ? "standby" : "primary",
    startTime: field(text, "START TIME") ?? "",
    label: field(text, "LABEL") ?? "",
    timeline: Number(timeline),
    incrementalFrom:
      fromLsn === null
        ? null
        : { lsn: parseLsn(fromLsn), timeline: Number(field(text, "INCREMENTAL FROM TLI") ?? timeline) },
  };
}

/** The label of what comes out when a chain of incremental backups is put together. */
export function withoutIncremental(text: string): string {
  return text.replaceAll(/^INCREMENTAL FROM .*\n?/gm, "");
}

function field(text: string, name: string): string | null {
  return new RegExp(`^${name}: (.*)$`, "m").exec(text)?.[1] ?? null;
}

function fromHex(segment: string): string {
  return String(Number.parseInt(segment.slice(0, 8), 16));
}
