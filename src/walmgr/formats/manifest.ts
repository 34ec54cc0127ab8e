// The manifest of a base backup: every file with size and checksum, and the WAL that the backup needs.
import { createHash } from "node:crypto";
import { SkytoolsError } from "../../errors/index.ts";
import { type ChecksumAlgorithm, checksumAlgorithms } from "../codec/index.ts";
import { formatLsn, type Lsn, parseLsn } from "./lsn.ts";

export interface ManifestFile {
  /** Relative to the data directory; files of tablespaces are below `pg_tblspc/<oid>/`. */
  readonly path: string;
  readonly sizeBytes: number;
  /** `YYYY-MM-DD HH:MM:SS GMT` */
  readonly lastModified: string;
  readonly algorithm: ChecksumAlgorithm;
  /** As written there; empty for NONE. */
  readonly checksum: string;
}

export interface WalRange {
  readonly timeline: number;
  readonly startLsn: Lsn;
  readonly endLsn: Lsn;
}

export interface Manifest {
  readonly version: 1 | 2;
  /** Null in version 1, which PostgreSQL 14 to 16 write. */
  readonly systemId: bigint | null;
  /** Without pg_wal, which lists only a backup that took its WAL along (`-X fetch`): what counts is the archive of WAL. */
  readonly files: readonly ManifestFile[];
  readonly walRanges: readonly WalRange[];
}

const CHECKSUM_KEY = '"Manifest-Checksum"';

/** @throws MANIFEST_INVALID when it is not a manifest, or its own checksum does not fit */
export function parseManifest(bytes: Buffer): Manifest {
  const json = parseJson(bytes);
  checkOwnChecksum(bytes, json);
  const version = json["PostgreSQL-Backup-Manifest-Version"];
  if (version !== 1 && version !== 2) throw invalid(`its version ${String(version)} is not known`);
  return {
    version,
    systemId: readSystemId(bytes, version),
    files: list(json["Files"])
      .map(toFile)
      .filter(({ path }) => !isInWalFolder(path)),
    walRanges: list(json["WAL-Ranges"]).map(toRange),
  };
}

/** Of all files, or none: the server has one setting for a backup. */
export function checksumsOf({ files }: Manifest): ChecksumAlgorithm {
  return files.find(({ algorithm }) => algorithm !== "NONE")?.algorithm ?? "NONE";
}

/** A path of the manifest, or of an archive of the data directory. */
export function isInWalFolder(path: string): boolean {
  return path.startsWith("pg_wal/");
}

/** The text that the server would write for the same files. */
export function formatManifest({ version, systemId, files, walRanges }: Manifest): Buffer {
  const head = [`{ "PostgreSQL-Backup-Manifest-Version": ${version},\n`];
  if (version === 2) head.push(`"System-Identifier": ${systemId ?? 0n},\n`);
  const text = [
    ...head,
    '"Files": [',
    files.map((file) => `\n${formatFile(file)}`).join(","),
    "\n],\n",
    '"WAL-Ranges": [\n',
    walRanges.map(formatRange).join(",\n"),
    "\n],\n",
  ].join("");
  const sum = createHash("sha256").update(text).digest("hex");
  return Buffer.from(`${text}${CHECKSUM_KEY}: "${sum}"}\n`);
}

function formatFile({ path, sizeBytes, lastModified, algorithm, checksum }: ManifestFile): string {
  const sum = algorithm === "NONE" ? "" : `, "Checksum-Algorithm": "${algorithm}", "Checksum": "${checksum}"`;
  return `{ "Path": ${JSON.stringify(path)}, "Size": ${sizeBytes}, "Last-Modified": "${lastModified}"${sum} }`;
}

function formatRange({ timeline, startLsn, endLsn }: WalRange): string {
  return `{ "Timeline": ${timeline}, "Start-LSN": "${formatLsn(startLsn)}", "End-LSN": "${formatLsn(endLsn)}" }`;
}

type Json = Readonly<Record<string, unknown>>;

function parseJson(bytes: Buffer): Json {
  try {
    return asObject(JSON.parse(bytes.toString("utf8")));
  } catch (error) {
    if (error instanceof SkytoolsError) throw error;
    throw new SkytoolsError("MANIFEST_INVALID", "the manifest is not JSON", { cause: error });
  }
}

function checkOwnChecksum(bytes: Buffer, json: Json): void {
  const end = bytes.lastIndexOf(CHECKSUM_KEY);
  const sum = end === -1 ? "" : createHash("sha256").update(bytes.subarray(0, end)).digest("hex");
  if (end === -1 || json["Manifest-Checksum"] !== sum) throw invalid("its own checksum does not fit");
}

/** The number is beyond what JSON.parse keeps exactly. */
function readSystemId(bytes: Buffer, version: number): bigint | null {
  if (version === 1) return null;
  const [, digits] = /"System-Identifier"\s*:\s*(\d+)/.exec(bytes.toString("latin1", 0, 4096)) ?? [];
  if (digits === undefined) throw invalid("it lacks the system identifier");
  return BigInt(digits);
}

function toFile(value: unknown): ManifestFile {
  const file = asObject(value);
  const path = file["Path"] ?? decodePath(file["Encoded-Path"]);
  const sizeBytes = file["Size"];
  const algorithm = checksumAlgorithms.find((one) => one === (file["Checksum-Algorithm"] ?? "NONE"));
  const checksum = file["Checksum"] ?? "";
  const lastModified = file["Last-Modified"] ?? "";
  const isGood =
    typeof path === "string" &&
    typeof sizeBytes === "number" &&
    Number.isSafeInteger(sizeBytes) &&
    sizeBytes >= 0 &&
    algorithm !== undefined &&
    typeof checksum === "string" &&
    typeof lastModified === "string";
  if (!isGood) throw invalid("the entry of a file cannot be read");
  return { path, sizeBytes, lastModified, algorithm, checksum };
}

/** Names that are not UTF-8 come as hex; such bytes are kept one by one as latin1 would. */
function decodePath(hex: unknown): string | undefined {
  if (typeof hex !== "string") return undefined;
  const bytes = Buffer.from(hex, "hex");
  const text = bytes.toString("utf8");
  return Buffer.from(text).equals(bytes) ? text : bytes.toString("latin1");
}

function toRange(value: unknown): WalRange {
  const range = asObject(value);
  const timeline = range["Timeline"];
  const [start, end] = [range["Start-LSN"], range["End-LSN"]];
  if (typeof timeline !== "number" || typeof start !== "string" || typeof end !== "string") {
    throw invalid("a range of WAL cannot be read");
  }
  return { timeline, startLsn: parseLsn(start), endLsn: parseLsn(end) };
}

function list(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw invalid("a list is missing");
  return value;
}

function asObject(value: unknown): Json {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw invalid("an object was expected");
  return value as Json;
}

function invalid(what: string): SkytoolsError {
  return new SkytoolsError("MANIFEST_INVALID", `the backup manifest cannot be used: ${what}`);
}
