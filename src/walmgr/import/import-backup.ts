// Takes a base backup of another program into repositories. It is read and checked as if a server sent it; it counts only
// when all WAL that it needs is stored.
import { SkytoolsError } from "../../errors/index.ts";
import type { Logger } from "../../service/index.ts";
import type { Clock } from "../../clock/index.ts";
import {
  type BackupDescription,
  BackupRecord,
  type BaseBackupEvent,
  type DoneBackup,
  freeMoment,
  IncludedWal,
  isDone,
  listBackups,
  receiveArchives,
  storeConfigFiles,
  waitForWal,
} from "../backup/index.ts";
import type { Coding } from "../codec/index.ts";
import { formatManifest, type Lsn, parseLsn, parseManifest, type WalRange } from "../formats/index.ts";
import { type HeldLeases, type StoreRepository, withLeases } from "../repository/index.ts";
import { ManifestMaker } from "./manifest-maker.ts";
import type { BackupSource } from "./source.ts";

export interface ConfigFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

export interface ImportBackupOptions {
  readonly repositories: readonly StoreRepository[];
  readonly source: BackupSource;
  /** That are stored beside it. */
  readonly configFiles?: readonly ConfigFile[];
  readonly coding: Coding;
  readonly clock: Clock;
  readonly log: Logger;
  readonly signal?: AbortSignal;
}

export interface ImportedBackup {
  readonly backup: DoneBackup;
  readonly isNew: boolean;
}

/** @throws BACKUP_INVALID, BACKUP_FAILED, REPOSITORY_FOREIGN, LEASE_HELD, STORE_FAILED */
export async function importBackup(options: ImportBackupOptions): Promise<ImportedBackup> {
  return await withLeases({ repositories: options.repositories, names: ["backup"], signal: options.signal }, (held) => {
    const signal = options.signal === undefined ? held.lost : AbortSignal.any([options.signal, held.lost]);
    return underLease({ ...options, signal, held });
  });
}

type Settings = ImportBackupOptions & { readonly held: HeldLeases };

async function underLease(options: Settings): Promise<ImportedBackup> {
  const { repositories, source, clock, signal } = options;
  const { label, control, major } = source;
  const facts = { systemId: control.systemId, segmentBytes: control.segmentBytes, major };
  for (const repository of repositories) await repository.enroll(facts);
  const [first] = repositories;
  if (first === undefined) throw new SkytoolsError("WRONG_USE", "an import needs a repository");
  const backups = await listBackups(first.store);
  const known = backups.filter(isDone).find((one) => isSame(one, source));
  if (known !== undefined) return { backup: known, isNew: false };
  const parent = parentOf(backups, source);
  const included = new IncludedWal({ repositories, segmentBytes: control.segmentBytes, isForeign: true, signal });
  for await (const { name, bytes } of source.segments()) await included.take(name, bytes);
  const startedMs = await freeMoment(repositories, startOf(label.startTime) ?? clock.now());
  const server = {
    ...facts,
    timeline: label.timeline,
    serverVersion: major * 10_000,
    archives: false,
    isStandby: false,
  };
  const settings = { ...options, label: label.label };
  const record = new BackupRecord({ settings, server, parent, startedMs });
  return { backup: await take(options, record, included), isNew: true };
}

async function take(options: Settings, record: BackupRecord, included: IncludedWal): Promise<DoneBackup> {
  const { source, repositories, clock, signal } = options;
  const range = await walRange(options);
  try {
    await record.begin([{ type: "start", lsn: source.label.startLsn, timeline: source.label.timeline }]);
    const manifest = source.manifest === null ? null : parseManifest(source.manifest);
    const received = await receiveArchives(events(source, range), {
      checksums: manifest?.files.find(({ algorithm }) => algorithm !== "NONE")?.algorithm ?? "CRC32C",
      arrivesAs: "none",
      write: (plan, bytes) => record.write(plan, bytes),
      onSegment: (name, bytes) => included.take(name, bytes),
      onNotice: () => undefined,
      onProgress: () => undefined,
    });
    await included.finish();
    const config = await storeConfigFiles(options.configFiles ?? [], (plan, bytes) => record.write(plan, bytes));
    for (const repository of repositories) {
      await waitForWal(repository, received.manifest.walRanges, { timeoutMs: 0, partial: true, clock, signal });
    }
    await options.held.requireHeld();
    return await record.done({
      endLsn: received.endLsn,
      startLsn: source.label.startLsn,
      timeline: source.label.timeline,
      from: source.label.from,
      hasDataChecksums: source.control.hasDataChecksums,
      tablespaces: source.tablespaces,
      objects: [...received.objects, ...(config === null ? [] : [config])],
      plainBytes: received.plainBytes,
      fileCount: received.fileCount,
    });
  } catch (error) {
    await record.failed(error);
    throw error;
  }
}

async function* events(source: BackupSource, range: WalRange): AsyncGenerator<readonly BaseBackupEvent[]> {
  const maker = source.manifest === null ? new ManifestMaker() : null;
  for await (const some of source.archives()) {
    maker?.see(some);
    yield some;
  }
  const bytes =
    source.manifest ?? formatManifest({ version: 1, systemId: null, files: maker?.files ?? [], walRanges: [range] });
  yield [{ type: "manifest" }, { type: "data", bytes }, { type: "end", lsn: range.endLsn, timeline: range.timeline }];
}

/** The manifest says it, else the file that the server has archived at the end of the backup. */
async function walRange({ source, repositories }: ImportBackupOptions): Promise<WalRange> {
  const { label, manifest } = source;
  const last = manifest === null ? undefined : parseManifest(manifest).walRanges.at(-1);
  if (last !== undefined) return last;
  const offset = (label.startLsn % BigInt(source.control.segmentBytes)).toString(16).toUpperCase().padStart(8, "0");
  const name = `${label.startSegment}.${offset}.backup`;
  for (const { wal } of repositories) {
    const text = (await wal.getOther(name))?.toString("utf8") ?? "";
    const [, stop] = /^STOP WAL LOCATION: (\S+)/m.exec(text) ?? [];
    if (stop !== undefined) return { timeline: label.timeline, startLsn: label.startLsn, endLsn: parseLsn(stop) };
  }
  throw new SkytoolsError("BACKUP_INVALID", `where the backup ${label.label} ended is not known: ${name} is missing`, {
    hint: "import its WAL archive first; a backup that was not finished cannot be used",
  });
}

function isSame({ startLsn, timeline, systemId }: DoneBackup, { label, control }: BackupSource): boolean {
  return startLsn === label.startLsn && timeline === label.timeline && systemId === control.systemId;
}

/** @throws BACKUP_INVALID when it builds on a backup that is not here */
function parentOf(backups: readonly BackupDescription[], { label }: BackupSource): DoneBackup | null {
  const from = label.incrementalFrom;
  if (from === null) return null;
  const isParent = (one: { startLsn: Lsn; timeline: number }) =>
    one.startLsn === from.lsn && one.timeline === from.timeline;
  const parent = backups.filter(isDone).find(isParent);
  if (parent !== undefined) return parent;
  throw new SkytoolsError("BACKUP_INVALID", `the incremental backup ${label.label} builds on one that is not here`, {
    hint: "import the full backup first, then the incremental ones in their order",
  });
}

/** `2026-11-21 12:00:00 UTC`; zones by other names are not understood. */
function startOf(text: string): number | null {
  const ms = Date.parse(text.replace(" ", "T").replace(/ (UTC|GMT)$/, "Z"));
  return Number.isNaN(ms) ? null : ms;
}
