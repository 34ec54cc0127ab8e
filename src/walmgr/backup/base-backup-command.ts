// The text of the replication command BASE_BACKUP, in its two dialects: words up to 14, options in parentheses from 15.
import { SkytoolsError } from "../../errors/index.ts";
import type { ChecksumAlgorithm, CompressionMethod } from "../codec/index.ts";

export interface BaseBackupRequest {
  /** Written to backup_label. */
  readonly label: string;
  /** A checkpoint at once instead of a gentle one. */
  readonly fast: boolean;
  /** The WAL from start to end is appended to the archive of the data directory. */
  readonly includeWal: boolean;
  /** The server waits until its archive_command has taken the last segment. */
  readonly waitForArchive: boolean;
  /** Null: as fast as it goes. */
  readonly maxRateKilobytes: number | null;
  readonly manifestChecksums: ChecksumAlgorithm;
  /** The server compresses (15 and newer); null: it does not. */
  readonly compression: { readonly method: Exclude<CompressionMethod, "none">; readonly level?: number } | null;
  /** The manifest of the parent was uploaded on this connection (17 and newer). */
  readonly incremental: boolean;
}

/** @throws UNSUPPORTED_SERVER when the server's version has no such thing */
export function baseBackupCommand(major: number, request: BaseBackupRequest): string {
  if (request.incremental && major < 17) throw unsupported("incremental backups", 17);
  if (request.compression !== null && major < 15) throw unsupported("compression by the server", 15);
  return major < 15 ? wordForm(request) : optionForm(request);
}

function wordForm(request: BaseBackupRequest): string {
  return [
    "BASE_BACKUP",
    `LABEL ${quoteLabel(request.label)}`,
    "PROGRESS",
    ...(request.fast ? ["FAST"] : []),
    ...(request.includeWal ? ["WAL"] : []),
    ...(request.waitForArchive ? [] : ["NOWAIT"]),
    ...(request.maxRateKilobytes === null ? [] : [`MAX_RATE ${request.maxRateKilobytes}`]),
    "TABLESPACE_MAP",
    "MANIFEST 'yes'",
    `MANIFEST_CHECKSUMS '${request.manifestChecksums}'`,
  ].join(" ");
}

function optionForm(request: BaseBackupRequest): string {
  const { compression } = request;
  const options = [
    `LABEL ${quoteLabel(request.label)}`,
    "PROGRESS",
    `CHECKPOINT '${request.fast ? "fast" : "spread"}'`,
    `WAL ${request.includeWal}`,
    `WAIT ${request.waitForArchive}`,
    ...(request.maxRateKilobytes === null ? [] : [`MAX_RATE ${request.maxRateKilobytes}`]),
    "TABLESPACE_MAP",
    "MANIFEST 'yes'",
    `MANIFEST_CHECKSUMS '${request.manifestChecksums}'`,
    ...(compression === null ? [] : [`COMPRESSION '${compression.method}'`]),
    ...(compression?.level === undefined ? [] : [`COMPRESSION_DETAIL 'level=${compression.level}'`]),
    ...(request.incremental ? ["INCREMENTAL"] : []),
  ];
  return `BASE_BACKUP (${options.join(", ")})`;
}

/** The grammar of replication commands has no E'' strings, and a backslash means nothing in it. */
function quoteLabel(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

function unsupported(what: string, since: number): SkytoolsError {
  return new SkytoolsError("UNSUPPORTED_SERVER", `${what} are not known to this server`, {
    hint: `PostgreSQL ${since} and newer have them`,
  });
}
