// How the keys describe a backup and what is kept.
import { SkytoolsError } from "../../errors/index.ts";
import { connectReplication, type ReplicationConnection } from "../../postgres/index.ts";
import {
  type ChecksumAlgorithm,
  checksumAlgorithms,
  type Coding,
  type CompressionMethod,
  compressionMethods,
} from "../codec/index.ts";
import { backupDefaults, type BackupFormat, backupFormats } from "../backup/index.ts";
import type { RetentionRules } from "../retention/index.ts";
import type { PlainContext } from "./command.ts";
import type { WalmgrValues } from "./environment.ts";

export interface CompressionWish {
  readonly coding: Coding;
  readonly serverCompression: { readonly method: Exclude<CompressionMethod, "none">; readonly level?: number } | null;
}

/** `none`, `gzip`, `zstd:5`, `server:lz4`. @throws WRONG_USE */
export function parseCompression(text: string, key: Coding["key"]): CompressionWish {
  const [, server, name, level] = /^(server:)?([a-z0-9]+)(?::(\d+))?$/.exec(text.trim()) ?? [];
  const method = compressionMethods.find((one) => one === name);
  if (method === undefined) {
    throw new SkytoolsError("WRONG_USE", `backup_compression "${text}" is not known`, {
      hint: "none, gzip, lz4, zstd, with a level behind a colon; server: in front when the server shall do it",
    });
  }
  const withLevel = level === undefined ? {} : { level: Number(level) };
  const sealed = key === undefined ? {} : { key };
  if (server === undefined || method === "none") {
    return { coding: { compression: method, ...withLevel, ...sealed }, serverCompression: null };
  }
  return { coding: { compression: "gzip", ...sealed }, serverCompression: { method, ...withLevel } };
}

/** `plain`, as the key allows it. */
export function parseFormat(text: string): BackupFormat {
  return backupFormats.find((one) => one === text) ?? backupDefaults.format;
}

/** `sha256`, as the key allows it. */
export function parseChecksums(text: string): ChecksumAlgorithm {
  return checksumAlgorithms.find((one) => one.toLowerCase() === text) ?? "CRC32C";
}

export function retentionRules(options: WalmgrValues): RetentionRules {
  return {
    keepBackups: options.keepBackups === 0 ? null : options.keepBackups,
    keepDays: options.keepDays,
    keepDaily: options.keepDaily,
    keepWeekly: options.keepWeekly,
    keepMonthly: options.keepMonthly,
    keepYearly: options.keepYearly,
    keepMin: options.keepMin,
  };
}

/** Backups may come from another server than the WAL. */
export function connectForBackup({ options, environment, service }: PlainContext): Promise<ReplicationConnection> {
  const { env, log, signal } = service;
  if (options.backupConninfo === null) return environment.connectReplication(signal);
  return connectReplication(options.backupConninfo, { env, log, signal, applicationName: service.jobName });
}
