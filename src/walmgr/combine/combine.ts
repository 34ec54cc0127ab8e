// Makes of an incremental backup and all that it builds on one new full backup, so that the older ones can go. No server is
// needed for it.
//
//   lease - chain - files that changed put together in a scratch directory - backup.json "running" - archives - "done"
//   - later incremental backups build on it
//
// A failure anywhere leaves a backup.json that says "failed" and why, no objects, and the chain untouched.
import { join } from "node:path";
import { errnoOf, reasonOf, SkytoolsError } from "../../errors/index.ts";
import { shortSize } from "../../print/index.ts";
import { silentLogger } from "../../service/index.ts";
import {
  BackupRecord,
  type DoneBackup,
  freeMoment,
  openObject,
  receiveArchives,
  requireFormat,
} from "../backup/index.ts";
import type { MainKey } from "../codec/index.ts";
import { checksumsOf, type Manifest } from "../formats/index.ts";
import { type HeldLeases, withLeases } from "../repository/index.ts";
import {
  FileWriter,
  type LoadedChain,
  openScratchFolder,
  requireOutside,
  type Tree,
  writeChain,
} from "../restore/index.ts";
import { DirectoryStore } from "../store/index.ts";
import { chooseChain, type ChosenChain, freeBytesIn, readChain, type Sizes, sizesOf } from "./choose-chain.ts";
import { combinedArchives } from "./combined-archives.ts";
import { moveChildren } from "./move-children.ts";
import type { CombinePlan, CombineRequest, CombineResult } from "./request.ts";

/**
 * The new backup has the positions and times of the last one of the chain, and its configuration files. It is checked as one
 * that a server sends.
 * @throws BACKUP_NOT_FOUND, WRONG_USE for a full backup, BACKUP_INVALID, VERIFY_FAILED and others when a part of the chain is
 * missing or damaged, RESTORE_FAILED when there is no room in the scratch directory, LEASE_HELD, STORE_FAILED, ENCRYPTION_KEY
 */
export async function combineBackup(request: CombineRequest): Promise<CombineResult> {
  const { repository, signal, coding, format = "tar" } = request;
  requireFormat(format, coding);
  return await withLeases({ repositories: [repository], names: ["backup"], signal }, (held) =>
    underLease({
      ...request,
      keys: keysOf(request),
      signal: signal === undefined ? held.lost : AbortSignal.any([signal, held.lost]),
      held,
    }),
  );
}

/** What combineBackup() would do. Touches nothing. @throws as combineBackup() until it writes */
export async function planCombine(request: CombineRequest): Promise<CombinePlan> {
  const { repository, set = null, scratch } = request;
  const chosen = await chooseChain(repository, set).catch(damagedChain);
  const chain = await readChain(repository, chosen, keysOf(request)).catch(damagedChain);
  return {
    repository: repository.description,
    chain: chosen.backups.map((backup) => backup.set),
    combined: chosen.combined?.set ?? null,
    ...sizesOf(chain),
    freeBytes: await freeBytesIn(scratch),
  };
}

type Settings = CombineRequest & {
  readonly keys: readonly MainKey[];
  readonly signal: AbortSignal;
  readonly held: HeldLeases;
};

function keysOf({ keys, coding }: CombineRequest): readonly MainKey[] {
  return keys ?? (coding.key == null ? [] : [coding.key]);
}

async function underLease(settings: Settings): Promise<CombineResult> {
  const { repository, set = null, scratch, ourUid, log = silentLogger } = settings;
  const chosen = await chooseChain(repository, set).catch(damagedChain);
  const { newest, combined } = chosen;
  const names = chosen.backups.map((backup) => backup.set);
  const common = { repository: repository.description, chain: names };
  const finish = async (backup: DoneBackup, isNew: boolean): Promise<CombineResult> => {
    const moved = await moveChildren(repository.store, { from: newest, to: backup }, settings.held);
    if (moved.length > 0) log.info({ moved, on: backup.set }, "later backups build on the combined one");
    return { ...common, backup, isNew, moved };
  };
  if (combined !== null) return await finish(combined, false);
  const major = Math.floor(newest.serverVersion / 10_000);
  await repository.enroll({ systemId: newest.systemId, segmentBytes: newest.segmentBytes, major });
  const chain = await readChain(repository, chosen, settings.keys).catch(damagedChain);
  const sizes = sizesOf(chain);
  await requireRoom(scratch, sizes);
  await using place = await openScratchFolder(scratch, ourUid, log);
  if (repository.store instanceof DirectoryStore) await requireOutside([place.folder], repository.store.path);
  // Tablespaces are folders in it, not links to elsewhere.
  const tree: Tree = { dataDirectory: join(place.folder, "data"), tablespaces: [] };
  log.info({ chain: names, in: place.folder }, "combining backups");
  await putTogether(settings, chain, tree, sizes).catch(noScratch(scratch)).catch(damagedChain);
  const backup = await store(settings, chosen, chain, tree, sizes).catch(noScratch(scratch)).catch(damagedChain);
  return await finish(backup, true);
}

/** Files that came whole with the last one are not needed here. */
async function putTogether(settings: Settings, chain: LoadedChain, tree: Tree, sizes: Sizes): Promise<void> {
  const { repository, keys, signal, onProgress = () => undefined } = settings;
  const members = [...chain.plan.members];
  const last = members.pop() ?? new Map<string, "write" | "patch">();
  const patches = new Map([...last].filter(([, action]) => action === "patch"));
  const plan = { ...chain.plan, members: [...members, patches] };
  // Nobody else looks into the folder.
  const writer = new FileWriter({ take: () => Promise.resolve(), takeHandle: () => Promise.resolve() });
  await writeChain({
    ...{ store: repository.store, keys, chain: { ...chain, plan }, tree, writer, alreadyThere: new Set(), signal },
    onProgress: ({ doneBytes, totalBytes }) => onProgress({ doneBytes, totalBytes: totalBytes + sizes.plainBytes }),
  });
}

async function store(
  settings: Settings,
  { backups, newest }: ChosenChain,
  chain: LoadedChain,
  tree: Tree,
  sizes: Sizes,
): Promise<DoneBackup> {
  const { repository, keys, held, log = silentLogger, onProgress = () => undefined } = settings;
  const manifest = chain.manifests.at(-1) as Manifest;
  const readBytes = backups.reduce((sum, { plainBytes }) => sum + plainBytes, 0);
  const record = new BackupRecord({
    settings: { ...settings, repositories: [repository], label: newest.label },
    server: { ...newest, major: Math.floor(newest.serverVersion / 10_000), archives: false, isStandby: false },
    parent: null,
    startedMs: await freeMoment([repository], newest.startedMs),
  });
  try {
    await record.begin([{ type: "start", lsn: newest.startLsn, timeline: newest.timeline }]);
    const source = { store: repository.store, keys, backup: newest, manifest, tree };
    const { objects, plainBytes, fileCount } = await receiveArchives(combinedArchives(source), {
      checksums: checksumsOf(manifest),
      arrivesAs: "none",
      write: (plan, bytes) => record.write({ ...plan, expectedBytes: sizes.plainBytes }, bytes),
      onSegment: () => Promise.resolve(), // it was stored when the last one of the chain was taken
      onNotice: () => undefined,
      onProgress: ({ doneBytes }) =>
        onProgress({
          doneBytes: readBytes + Math.min(doneBytes, sizes.plainBytes),
          totalBytes: readBytes + sizes.plainBytes,
        }),
    });
    const conf = newest.objects.find(({ kind }) => kind === "conf");
    const config =
      conf === undefined
        ? []
        : [
            await record.write(
              { name: "conf.tar", kind: "conf" },
              await openObject(repository.store, newest, conf, keys),
            ),
          ];
    await held.requireHeld();
    const { startLsn, endLsn, timeline, from, hasDataChecksums, tablespaces, finishedMs } = newest;
    const facts = { startLsn, endLsn, timeline, from, hasDataChecksums, tablespaces, finishedMs };
    const backup = await record.done({ ...facts, objects: [...objects, ...config], plainBytes, fileCount });
    log.info({ set: backup.set, chain: backups.map(({ set }) => set) }, "backups combined");
    return backup;
  } catch (error) {
    await record.failed(error);
    throw error;
  }
}

async function requireRoom(scratch: string, { scratchBytes }: Sizes): Promise<void> {
  const freeBytes = await freeBytesIn(scratch);
  if (freeBytes >= scratchBytes) return;
  throw new SkytoolsError(
    "RESTORE_FAILED",
    `there is no room to combine backups in ${scratch}: ${shortSize(scratchBytes) ?? ""} are needed, ${shortSize(freeBytes) ?? ""} are free`,
    { hint: ROOM_HINT },
  );
}

const ROOM_HINT = "test_directory names another folder, on a disk with room for the whole cluster";

/** What the system says of the scratch directory. */
function noScratch(scratch: string) {
  return (error: unknown): never => {
    if (error instanceof SkytoolsError || errnoOf(error) === null) throw error;
    const message = `backups cannot be combined in ${scratch}: ${reasonOf(error)}`;
    throw new SkytoolsError("RESTORE_FAILED", message, { hint: ROOM_HINT, cause: error });
  };
}

const DAMAGE = [
  "ARCHIVE_INVALID",
  "BACKUP_FAILED",
  "BACKUP_INVALID",
  "MANIFEST_INVALID",
  "REPOSITORY_DAMAGED",
  "STORE_OBJECT_MISSING",
  "VERIFY_FAILED",
];

/** A damaged chain is no good for later backups either. */
function damagedChain(error: unknown): never {
  if (!(error instanceof SkytoolsError) || !DAMAGE.includes(error.code)) throw error;
  throw new SkytoolsError(error.code, error.message, {
    hint: "`verify` says what is damaged; take a full backup, as later incremental ones would need this chain",
    cause: error,
  });
}
