// A base backup that another program has made, as the same events that a server would send.
import type { BaseBackupEvent } from "../backup/index.ts";
import {
  type BackupLabel,
  type ControlData,
  parseBackupLabel,
  parseControl,
  parseTablespaceMap,
} from "../formats/index.ts";
import type { Tablespace } from "../formats/index.ts";
import { SkytoolsError } from "../../errors/index.ts";

export interface BackupSource {
  readonly directory: string;
  readonly label: BackupLabel;
  readonly control: ControlData;
  readonly major: number;
  readonly tablespaces: readonly Tablespace[];
  /** Null: its checksums are made while it is read. */
  readonly manifest: Buffer | null;
  /** Archives, one after the other, without the manifest. */
  archives(): AsyncIterable<readonly BaseBackupEvent[]>;
  /** Segments that lie in the backup itself. */
  segments(): AsyncIterable<{ readonly name: string; readonly bytes: Buffer }>;
}

export interface SmallFiles {
  readonly label: Buffer | undefined;
  readonly control: Buffer | undefined;
  readonly version: Buffer | undefined;
  readonly map: Buffer | undefined;
}

/** @throws BACKUP_INVALID */
export function understand(directory: string, { label, control, version, map }: SmallFiles) {
  if (label === undefined || control === undefined || version === undefined) {
    throw new SkytoolsError("BACKUP_INVALID", `${directory} lacks backup_label, PG_VERSION or global/pg_control`, {
      hint: "a data directory without backup_label is no backup: the server that was started on it has changed it",
    });
  }
  return {
    directory,
    label: parseBackupLabel(label.toString("utf8")),
    control: parseControl(control),
    major: Number.parseInt(version.toString("utf8"), 10),
    tablespaces: parseTablespaceMap(map?.toString("utf8") ?? ""),
  };
}
