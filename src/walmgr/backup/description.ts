// backup.json: all that is known of one backup. A backup exists only when this file says `done`; it is written last.
import { reasonOf, SkytoolsError } from "../../errors/index.ts";
import type { ChunkTotals } from "../chunks/index.ts";
import type { CompressionMethod } from "../codec/index.ts";
import { DEFAULT_SEGMENT_BYTES, formatLsn, type Lsn, parseLsn } from "../formats/index.ts";

export type BackupType = "full" | "incremental";
/** damaged: its description cannot be read. Nothing else is known of it then, and nothing of it is removed. */
export type BackupState = "running" | "done" | "failed" | "damaged";

/**
 * whole: its bytes are one object. files: an archive whose members are files of their own, and which is the list of them.
 * chunks: an archive that was cut into chunks, and which is the list of them.
 */
export const objectForms = ["whole", "files", "chunks"] as const;
export type ObjectForm = (typeof objectForms)[number];

export interface BackupObject {
  /** In the folder of the backup, with the suffixes of its coding. */
  readonly name: string;
  readonly form: ObjectForm;
  readonly kind: "archive" | "manifest" | "conf";
  /** Of an archive: the tablespace; null is the data directory. */
  readonly oid: string | null;
  readonly storedBytes: number;
  /** Of its members that are files of their own; left out: there are none. */
  readonly fileBytes?: number;
  /** Of the bytes as they are stored: `xxh64:` and 16 hexadecimal digits. */
  readonly checksum: string;
  readonly compression: CompressionMethod;
  readonly isEncrypted: boolean;
  /** Of the form chunks: what all of them take in the repository, and how much of that this backup has brought. */
  readonly chunks?: Readonly<ChunkTotals>;
}

export interface BackupDescription {
  /** UTC time and F or I: `20261120-234457F`. */
  readonly set: string;
  readonly type: BackupType;
  readonly state: BackupState;
  /** Of an incremental one: the set it builds on. */
  readonly parent: string | null;
  readonly systemId: bigint;
  readonly serverVersion: number;
  readonly segmentBytes: number;
  readonly from: "primary" | "standby";
  /** What backup_label calls it. */
  readonly label: string;
  /** Milliseconds since 1970. */
  readonly startedMs: number;
  readonly finishedMs: number | null;
  readonly startLsn: Lsn;
  /** Recovery is consistent from here on; null until it is known. */
  readonly endLsn: Lsn | null;
  readonly timeline: number;
  readonly hasDataChecksums: boolean;
  readonly tablespaces: readonly { readonly oid: string; readonly path: string }[];
  readonly objects: readonly BackupObject[];
  /** Bytes of all archives before compression. */
  readonly plainBytes: number;
  /** In the repository, with the chunks that it shares with others; see `addedBytesOf`. */
  readonly storedBytes: number;
  readonly fileCount: number;
  /** Why it failed, or cannot be read. */
  readonly error: string | null;
}

/** A backup that can be restored from. */
export type DoneBackup = BackupDescription & {
  readonly state: "done";
  readonly endLsn: Lsn;
  readonly finishedMs: number;
};

export function isDone(backup: BackupDescription): backup is DoneBackup {
  return backup.state === "done" && backup.endLsn !== null && backup.finishedMs !== null;
}

/** What the backup has brought into the repository: without the chunks that were there before. */
export function addedBytesOf(backup: Pick<BackupDescription, "objects">): number {
  return backup.objects.reduce((sum, { chunks }) => sum + (chunks?.addedBytes ?? 0), ownBytesOf(backup));
}

/** With all its chunks. */
export function storedBytesOf(backup: Pick<BackupDescription, "objects">): number {
  return backup.objects.reduce((sum, { chunks }) => sum + (chunks?.storedBytes ?? 0), ownBytesOf(backup));
}

/** What lies in its own folder. */
export function ownBytesOf({ objects }: Pick<BackupDescription, "objects">): number {
  return objects.reduce((sum, { storedBytes, fileBytes = 0 }) => sum + storedBytes + fileBytes, 0);
}

/** Oldest first: by their place in the WAL, as clocks are set back. A newer timeline was begun later. */
export function compareAge(a: BackupDescription, b: BackupDescription): number {
  if (a.timeline !== b.timeline) return a.timeline - b.timeline;
  if (a.startLsn !== b.startLsn) return a.startLsn < b.startLsn ? -1 : 1;
  return a.startedMs - b.startedMs || (a.set < b.set ? -1 : 1);
}

/** Recovery begins at the same place: an incremental backup, and the full one that was made of it and its chain. */
export function isSameMoment(a: DoneBackup, b: DoneBackup): boolean {
  return a.systemId === b.systemId && a.timeline === b.timeline && a.startLsn === b.startLsn;
}

const FORMAT = 1;
export const BACKUP_FOLDER = "backup";
export const DESCRIPTION_FILE = "backup.json";
const SET_NAME = /^\d{8}-\d{6}[FI]$/;

export function folderOf(set: string): string {
  return `${BACKUP_FOLDER}/${set}`;
}

export function isSetName(text: string): boolean {
  return SET_NAME.test(text);
}

/** The name of a set that begins at that moment. */
export function setName(startedMs: number, type: BackupType): string {
  const digits = new Date(startedMs).toISOString().replaceAll(/\D/g, "");
  return `${digits.slice(0, 8)}-${digits.slice(8, 14)}${type === "full" ? "F" : "I"}`;
}

/** What is left of a set's name without its type. */
export function setMoment(set: string): string {
  return set.slice(0, -1);
}

export function formatDescription(backup: BackupDescription): Buffer {
  const { systemId, startLsn, endLsn, startedMs, finishedMs, ...rest } = backup;
  const json = {
    format: FORMAT,
    ...rest,
    systemId: String(systemId),
    startLsn: formatLsn(startLsn),
    endLsn: endLsn === null ? null : formatLsn(endLsn),
    started: new Date(startedMs).toISOString(),
    finished: finishedMs === null ? null : new Date(finishedMs).toISOString(),
  };
  return Buffer.from(`${JSON.stringify(json, null, 2)}\n`);
}

/** A backup whose description cannot be read: what the name of the set says. */
export function damagedDescription(set: string, error: string): BackupDescription {
  const [, day, time] = /^(\d{8})-(\d{6})/.exec(set) ?? ["", "19700101", "000000"];
  const digits = `${day}${time}`.replace(/^(....)(..)(..)(..)(..)(..)$/, "$1-$2-$3T$4:$5:$6Z");
  const startedMs = Date.parse(digits);
  return {
    set,
    type: set.endsWith("I") ? "incremental" : "full",
    state: "damaged",
    parent: null,
    systemId: 0n,
    serverVersion: 0,
    segmentBytes: DEFAULT_SEGMENT_BYTES,
    from: "primary",
    label: "",
    startedMs: Number.isNaN(startedMs) ? 0 : startedMs,
    finishedMs: null,
    startLsn: 0n,
    endLsn: null,
    timeline: 0,
    hasDataChecksums: false,
    tablespaces: [],
    objects: [],
    plainBytes: 0,
    storedBytes: 0,
    fileCount: 0,
    error,
  };
}

/** @throws REPOSITORY_DAMAGED */
export function parseDescription(bytes: Buffer, name: string): BackupDescription {
  try {
    const json = JSON.parse(bytes.toString("utf8")) as StoredDescription;
    if (json.format !== FORMAT) throw new Error(`format ${String(json.format)} is not known`);
    if (name !== `${folderOf(json.set)}/${DESCRIPTION_FILE}` || !isSetName(json.set)) {
      throw new Error("the name of the set is another one");
    }
    if (!Array.isArray(json.objects) || !Array.isArray(json.tablespaces)) throw new Error("parts of it are missing");
    const { started, finished, systemId, startLsn, endLsn, ...rest } = json;
    return {
      ...withoutFormat(rest),
      objects: json.objects.map(withForm),
      systemId: BigInt(systemId),
      startLsn: parseLsn(startLsn),
      endLsn: endLsn === null ? null : parseLsn(endLsn),
      startedMs: Date.parse(started),
      finishedMs: finished === null ? null : Date.parse(finished),
    };
  } catch (error) {
    const why = reasonOf(error);
    throw new SkytoolsError("REPOSITORY_DAMAGED", `${name} cannot be read: ${why}`, { cause: error });
  }
}

function withoutFormat<T extends { readonly format: number }>(json: T): Omit<T, "format"> {
  const copy: Omit<T, "format"> & { format?: number } = { ...json };
  delete copy.format;
  return copy;
}

function withForm(object: StoredBackupObject): BackupObject {
  const { form = "whole" } = object;
  if (!objectForms.includes(form)) throw new Error(`the form ${form} of ${object.name} is not known`);
  return { ...object, form };
}

type Plain = Omit<BackupDescription, "systemId" | "startLsn" | "endLsn" | "startedMs" | "finishedMs" | "objects">;
/** Older ones have no form. */
type StoredBackupObject = Omit<BackupObject, "form"> & { readonly form?: ObjectForm };
interface StoredDescription extends Plain {
  readonly format: number;
  readonly objects: readonly StoredBackupObject[];
  readonly systemId: string;
  readonly startLsn: string;
  readonly endLsn: string | null;
  readonly started: string;
  readonly finished: string | null;
}
