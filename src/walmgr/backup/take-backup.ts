// Takes one backup: over the replication protocol alone, checked while it arrives, done when its WAL is stored.
//
//   lease - facts - parent - BASE_BACKUP starts - backup.json "running" - archives - manifest - WAL - backup.json "done"
//
// A failure anywhere leaves a backup.json that says "failed" and why, no objects, and everything older untouched.
import { type ErrorCode, SkytoolsError } from "../../errors/index.ts";
import { PostgresError, type ReplicationConnection } from "../../postgres/index.ts";
import { silentLogger } from "../../service/index.ts";
import { bytesOf, type MainKey } from "../codec/index.ts";
import { checksumsOf, parseBackupLabel, parseControl, parseTablespaceMap } from "../formats/index.ts";
import { type HeldLeases, withLeases } from "../repository/index.ts";
import { type BaseBackupEvent, readBaseBackup } from "./base-backup-stream.ts";
import type { BaseBackupRequest } from "./base-backup-command.ts";
import { freeMoment, listBackups, readManifest } from "./catalog.ts";
import { storeConfigFiles } from "./config-files.ts";
import { type BackupDescription, type DoneBackup, isDone } from "./description.ts";
import { requireFormat } from "./format.ts";
import { IncludedWal } from "./included-wal.ts";
import { chooseParent, type Listed } from "./incremental-parent.ts";
import { receiveArchives } from "./receive-archives.ts";
import { backupDefaults, type BackupRequest, type BackupResult } from "./request.ts";
import { readServerFacts, type ServerFacts } from "./server-facts.ts";
import { BackupRecord } from "./record.ts";
import { waitForWal } from "./wait-for-wal.ts";
import { deliversWal } from "./wal-delivery.ts";

type Settings = Required<Omit<BackupRequest, "label" | "keys" | "signal" | "onProgress" | "configFiles" | "receiver">> &
  Pick<BackupRequest, "label" | "signal" | "onProgress" | "configFiles" | "receiver"> & {
    readonly keys: readonly MainKey[];
    readonly held: HeldLeases;
  };

/**
 * @throws LEASE_HELD while another backup runs; REPOSITORY_FOREIGN; BACKUP_FAILED; and what connections and stores throw
 */
export async function takeBackup(request: BackupRequest): Promise<BackupResult> {
  const { repositories, signal, coding, format = backupDefaults.format } = request;
  requireFormat(format, coding);
  return await withLeases({ repositories, names: ["backup"], signal }, (held) => underLease(settingsOf(request, held)));
}

function settingsOf(request: BackupRequest, held: HeldLeases): Settings {
  return {
    ...backupDefaults,
    keys: request.coding.key == null ? [] : [request.coding.key],
    log: silentLogger,
    ...request,
    signal: request.signal === undefined ? held.lost : AbortSignal.any([request.signal, held.lost]),
    held,
  };
}

async function underLease(settings: Settings): Promise<BackupResult> {
  await using connection = await settings.connect();
  const server = await readServerFacts(connection);
  const notes: string[] = [];
  for (const repository of settings.repositories) {
    const { keyIds: known = [] } = (await repository.identity()) ?? {};
    const { keyIds } = await repository.enroll(server);
    const added = keyIds.filter((id) => !known.includes(id));
    if (known.length > 0 && added.length > 0) noteNewKey(settings, repository.description, added.join(", "), notes);
  }
  if (settings.type === "incremental") {
    const result = await tryIncremental(settings, connection, server, notes);
    if (result !== null) return result;
    await using second = await settings.connect();
    return await run(settings, second, server, null, notes);
  }
  return await run(settings, connection, server, null, notes);
}

/** Nobody can say whether it was mistyped but who has a copy of it. */
function noteNewKey({ log }: Settings, repository: string, key: string, notes: string[]): void {
  notes.push(`the key ${key} is used for the first time in ${repository}: keep a copy of it elsewhere`);
  log.warn({ key, repository }, "a new encryption key is used for the first time");
}

/** Null, and a note why: a full backup has to be taken instead. */
async function tryIncremental(
  settings: Settings,
  connection: ReplicationConnection,
  server: ServerFacts,
  notes: string[],
): Promise<BackupResult | null> {
  const [repository] = settings.repositories;
  if (repository === undefined) throw new SkytoolsError("WRONG_USE", "a backup needs a repository");
  const listed: Listed[] = [];
  for (const { description, store } of settings.repositories) {
    listed.push({ description, backups: await listBackups(store) });
  }
  const choice = chooseParent(listed, server, settings.maxChain);
  const refuse = (why: string): null => {
    notes.push(`a full backup is taken: ${why}`);
    settings.log.warn({ reason: why }, "a full backup is taken instead of an incremental one");
    return null;
  };
  if (choice.parent === null) return refuse(choice.why);
  let read: Awaited<ReturnType<typeof readManifest>>;
  try {
    read = await readManifest(repository.store, choice.parent, settings.keys);
  } catch (error) {
    if (!(error instanceof SkytoolsError) || !UNREADABLE.includes(error.code)) throw error;
    return refuse(`the manifest of ${choice.parent.set} cannot be read: ${error.message}`);
  }
  const [theirs, ours] = [checksumsOf(read.manifest), settings.manifestChecksums];
  if (theirs !== ours) {
    const which = `${theirs.toLowerCase()} and not ${ours.toLowerCase()}`;
    return refuse(`${choice.parent.set} has other checksums, ${which}`);
  }
  try {
    await connection.uploadManifest(bytesOf(read.bytes));
    return await run(settings, connection, server, choice.parent, notes);
  } catch (error) {
    if (error instanceof NotStarted) return refuse(error.message);
    if (error instanceof PostgresError) return refuse(error.message);
    throw error;
  }
}

/** What is wrong with a backup, and not with the repository. */
const UNREADABLE: readonly ErrorCode[] = [
  "ENCRYPTION_KEY",
  "MANIFEST_INVALID",
  "REPOSITORY_DAMAGED",
  "STORE_OBJECT_MISSING",
];

/** The server refused before it had sent anything. */
class NotStarted extends Error {}

async function run(
  settings: Settings,
  connection: ReplicationConnection,
  server: ServerFacts,
  parent: DoneBackup | null,
  notes: string[],
): Promise<BackupResult> {
  const { clock, repositories, log } = settings;
  const begunMs = clock.now();
  const startedMs = await freeMoment(repositories, begunMs);
  await compareClock(settings, notes);
  const record = new BackupRecord({ settings, server, parent, startedMs });
  const includeWal = settings.wal === "include" || (settings.wal === "auto" && !(await deliversWal(settings, server)));
  const included = new IncludedWal({
    repositories,
    segmentBytes: server.segmentBytes,
    isForeign: false,
    signal: settings.signal,
  });
  const events = readBaseBackup(connection, baseBackupRequest(settings, record.label, includeWal, parent !== null));
  const first = await firstEvents(events, parent !== null);
  try {
    await record.begin(first);
    log.info({ set: record.set, type: record.type, parent: parent?.set ?? null }, "backup started");
    const received = await receiveArchives(prepend(first, events), {
      checksums: settings.manifestChecksums,
      arrivesAs: settings.serverCompression?.method ?? "none",
      write: (plan, source) => record.write(plan, source),
      onSegment: (name, bytes) => included.take(name, bytes),
      onNotice: ({ severity, message }) =>
        severity === "WARNING" ? log.warn({ message }, "notice of the server") : log.debug({ message }, "notice"),
      onProgress: settings.onProgress ?? (() => undefined),
    });
    await included.finish();
    const config = await storeConfigFiles(settings.configFiles ?? [], (plan, source) => record.write(plan, source));
    const label = parseBackupLabel(received.kept.get("backup_label")?.toString("utf8") ?? "");
    const control = parseControl(received.kept.get("global/pg_control") ?? Buffer.alloc(0));
    for (const repository of repositories) {
      const wait = { timeoutMs: settings.walTimeoutMs, partial: label.from === "standby", clock };
      await waitForWal(repository, received.manifest.walRanges, { ...wait, signal: settings.signal });
    }
    await settings.held.requireHeld();
    const backup = await record.done({
      endLsn: received.endLsn,
      startLsn: label.startLsn,
      timeline: label.timeline,
      from: label.from,
      hasDataChecksums: control.hasDataChecksums,
      tablespaces: parseTablespaceMap(received.kept.get("tablespace_map")?.toString("utf8") ?? ""),
      objects: config === null ? received.objects : [...received.objects, config],
      plainBytes: received.plainBytes,
      fileCount: received.fileCount,
    } satisfies Partial<BackupDescription>);
    log.info({ set: backup.set, storedBytes: backup.storedBytes, plainBytes: backup.plainBytes }, "backup done");
    if (parent === null) await clearGaps(settings, backup);
    // A primary has written it since the backup began; a standby's may be old.
    const isClockAhead = label.from === "primary" && begunMs - control.modifiedMs > CLOCK_AHEAD_MS;
    if (isClockAhead) noteClockAhead(settings, begunMs - control.modifiedMs, notes);
    return { backup, notes, isClockAhead };
  } catch (error) {
    await record.failed(error);
    throw error;
  }
}

/** By so much no two clocks differ that are right. */
const CLOCK_AHEAD_MS = 3_600_000;

function noteClockAhead({ log }: Settings, aheadMs: number, notes: string[]): void {
  const hours = Math.floor(aheadMs / 3_600_000);
  notes.push(`the clock here is ${hours} hours ahead of the server's: by which of them shall backups expire?`);
  log.warn({ hours }, "the clock here is ahead of the server's");
}

/** Ages of backups are by the clocks of the computers that made them. */
async function compareClock({ repositories, clock, log }: Settings, notes: string[]): Promise<void> {
  for (const { store } of repositories) {
    const newest = (await listBackups(store)).findLast(isDone);
    if (newest === undefined || newest.finishedMs <= clock.now()) continue;
    const finished = new Date(newest.finishedMs).toISOString();
    notes.push(`the clock is behind: the backup ${newest.set} was finished at ${finished}; is the time right?`);
    log.warn({ set: newest.set, finished }, "the clock is behind the end of an earlier backup");
    return;
  }
}

/** From a full backup on, nothing needs the WAL that was lost before it. */
async function clearGaps({ repositories, receiver, log }: Settings, { startLsn }: BackupDescription): Promise<void> {
  // `receive` has a list of its own, which it tells to repositories that do not know of a gap.
  for (const { wal, description } of new Set(receiver === undefined ? repositories : [...repositories, receiver])) {
    try {
      await wal.acknowledgeGaps(startLsn);
    } catch (error) {
      log.warn({ error, repository: description }, "gaps in the WAL before this backup are still called open");
    }
  }
}

function baseBackupRequest(
  settings: Settings,
  label: string,
  includeWal: boolean,
  incremental: boolean,
): BaseBackupRequest {
  return {
    label,
    fast: settings.fast,
    includeWal,
    waitForArchive: false, // we look into the repositories ourselves
    maxRateKilobytes: settings.maxRateKilobytes,
    manifestChecksums: settings.manifestChecksums,
    compression: settings.serverCompression,
    incremental,
  };
}

/** Waits for the start: an incremental backup is refused here, when the server lacks summaries. */
async function firstEvents(
  events: AsyncIterator<readonly BaseBackupEvent[]>,
  isIncremental: boolean,
): Promise<readonly BaseBackupEvent[]> {
  const found: BaseBackupEvent[] = [];
  try {
    while (!found.some(({ type }) => type === "start")) {
      const next = await events.next();
      if (next.done === true) break;
      found.push(...next.value);
    }
    return found;
  } catch (error) {
    if (isIncremental && error instanceof PostgresError && error.code === "DATABASE") {
      throw new NotStarted(error.message, { cause: error });
    }
    throw error;
  }
}

async function* prepend<T>(first: T, rest: AsyncIterable<T>): AsyncGenerator<T> {
  yield first;
  yield* rest;
}
