// What a caller asks of a backup, and what it is told.
import type { Clock } from "../../clock/index.ts";
import type { ReplicationConnection } from "../../postgres/index.ts";
import type { Logger } from "../../service/index.ts";
import type { ChecksumAlgorithm, Coding, CompressionMethod, MainKey } from "../codec/index.ts";
import type { Repository } from "../repository/index.ts";
import type { BackupType, DoneBackup } from "./description.ts";
import type { BackupFormat } from "./format.ts";

export interface BackupRequest {
  /** All of them get the backup; when one of them fails, the backup fails. */
  readonly repositories: readonly Repository[];
  /** A new replication connection to a primary or a standby. */
  readonly connect: () => Promise<ReplicationConnection>;
  readonly type: BackupType;
  /** For backup_label; left out: the name of the set. */
  readonly label?: string;
  /** How objects are compressed here and encrypted. */
  readonly coding: Coding;
  /** How the archives are stored. Default tar. */
  readonly format?: BackupFormat;
  /** Chunks, or small files, that are stored at the same time. Default 4. */
  readonly parallelObjects?: number;
  /** The server compresses instead (15 and newer). Default null. */
  readonly serverCompression?: { readonly method: Exclude<CompressionMethod, "none">; readonly level?: number } | null;
  /** Keys to read the manifest of the parent. Default: the one of `coding`. */
  readonly keys?: readonly MainKey[];
  /** A checkpoint at once. Default true. */
  readonly fast?: boolean;
  /** From 32 to 1048576. Default null: as fast as it goes. */
  readonly maxRateKilobytes?: number | null;
  /** Of the files. An incremental backup builds only on one that has the same. Default CRC32C. */
  readonly manifestChecksums?: ChecksumAlgorithm;
  /**
   * Where the WAL that the backup needs comes from: "wait" for the receiver or archive_command, "include" it in the
   * backup and store it from there, or "auto": include it when nobody else seems to deliver it. Default auto.
   */
  readonly wal?: "auto" | "wait" | "include";
  /** Where `receive` works when that is none of the repositories: walmgr_data. Its lease is there. */
  readonly receiver?: Repository;
  /** How long to wait for that WAL, milliseconds. Default 5 minutes. */
  readonly walTimeoutMs?: number;
  /** Incremental backups in a row before a full one is taken. Default 30. */
  readonly maxChain?: number;
  /** Configuration files that are not in the data directory; stored beside the backup. */
  readonly configFiles?: readonly { readonly name: string; readonly bytes: Uint8Array }[];
  readonly clock: Clock;
  readonly log?: Logger;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: BackupProgress) => void;
}

export interface BackupProgress {
  readonly doneBytes: number;
  /** The server's estimate, 0 when it has none. */
  readonly totalBytes: number;
}

export interface BackupResult {
  readonly backup: DoneBackup;
  /** What an operator should know, such as a full backup in place of an incremental one. */
  readonly notes: readonly string[];
  /** Of the server's by an hour or more: by our clock too much would be taken for old. */
  readonly isClockAhead: boolean;
}

export const backupDefaults = {
  fast: true,
  maxRateKilobytes: null,
  manifestChecksums: "CRC32C",
  wal: "auto",
  walTimeoutMs: 5 * 60_000,
  maxChain: 30,
  serverCompression: null,
  format: "tar",
  parallelObjects: 4,
} as const;
