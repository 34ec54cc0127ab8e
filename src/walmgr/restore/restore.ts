// Restores a backup: chooses it, writes its files with checks, and leaves a data directory whose server will recover to the
// target when it is started.
import { chmod, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { errnoOf, reasonOf, SkytoolsError } from "../../errors/index.ts";
import { silentLogger } from "../../service/index.ts";
import { type DoneBackup, isDone, listBackups } from "../backup/index.ts";
import { formatTablespaceMap, incrementalTarget, type ManifestFile, withoutIncremental } from "../formats/index.ts";
import type { Repository, RepositoryIdentity } from "../repository/index.ts";
import { DirectoryStore } from "../store/index.ts";
import { readWalMap, type WalMap, withBegun } from "../wal-map/index.ts";
import { takeOverConfig } from "./config-files.ts";
import { type Choice, chooseBackup, latestTimeline, leadsTo } from "./choose.ts";
import { compareDelta, type DeltaResult } from "./delta.ts";
import { HALF_MADE, prepareDestination } from "./destination.ts";
import { FileWriter } from "./file-writer.ts";
import { type FileOwner, ownerOf } from "./owner.ts";
import { recoverySettings } from "./recovery-settings.ts";
import { requireFirst, resolveTarget, whyNoLaterCommit } from "./resolve-target.ts";
import { restoreDefaults, type RestorePlan, type RestoreRequest, type RestoreResult } from "./request.ts";
import { writeRecoverySettings } from "./settings-file.ts";
import { syncTrees } from "./sync-tree.ts";
import type { RecoveryTarget } from "./target.ts";
import { linkTablespaces, placeOf, relocate, rootsOf, type Tree } from "./tree.ts";
import type { KeptFile } from "./unpack-archive.ts";
import { KEPT_PATHS, type LoadedChain, loadChain, writeChain } from "./write-chain.ts";

/**
 * Does not start the server.
 * @throws BACKUP_NOT_FOUND, SAFETY_REFUSED, VERIFY_FAILED, STORE_FAILED, ENCRYPTION_KEY, ABORTED, RESTORE_FAILED. What was
 * written until then stays, without pg_control, so that no server starts on it.
 */
export async function restore(request: RestoreRequest): Promise<RestoreResult> {
  const wish: Settings = { ...restoreDefaults, ...request };
  const { repository, keys } = wish;
  const { choice, target } = await choose(wish);
  const settings: Settings = { ...wish, target };
  const tree: Tree = {
    dataDirectory: settings.dataDirectory,
    tablespaces: relocate(choice.backup.tablespaces, settings.tablespaceMap, settings.relocateAll ?? null),
  };
  const chain = await loadChain(repository.store, choice.chain, keys);
  await settings.stopServer?.();
  return await write(settings, choice, tree, chain).catch((error: unknown) => {
    if (error instanceof SkytoolsError || errnoOf(error) === null) throw error;
    throw new SkytoolsError("RESTORE_FAILED", `the restore was broken off: ${reasonOf(error)}`, { cause: error });
  });
}

/** What restore() would take, and where it would lead. Touches nothing. @throws as restore() until it writes */
export async function planRestore(request: RestoreRequest): Promise<RestorePlan> {
  const settings: Settings = { ...restoreDefaults, ...request };
  const { choice } = await choose(settings);
  await loadChain(settings.repository.store, choice.chain, settings.keys);
  return planOf(settings, choice);
}

function planOf({ dataDirectory }: Settings, { backup, chain, timeline, reach }: Choice): RestorePlan {
  const { endLsn: reachLsn, usesPartial } = reach;
  return { set: backup.set, chain: chain.map(({ set }) => set), dataDirectory, timeline, reachLsn, usesPartial };
}

async function write(settings: Settings, choice: Choice, tree: Tree, chain: LoadedChain): Promise<RestoreResult> {
  const { repository, keys, log = silentLogger } = settings;
  const owner = await ownerOf(tree.dataDirectory, settings.ourUid);
  const { walDirectory, existing } = settings;
  const repositoryPath = repository.store instanceof DirectoryStore ? repository.store.path : null;
  const { movedTo, isDelta } = await prepareDestination({ tree, walDirectory, existing, repositoryPath, owner });
  log.info({ set: choice.backup.set, to: tree.dataDirectory, timeline: choice.timeline }, "restore started");

  if (movedTo !== null) log.info({ from: tree.dataDirectory, to: movedTo }, "the old data directory was moved aside");
  await writeFile(join(tree.dataDirectory, HALF_MADE), "");
  await owner.take(join(tree.dataDirectory, HALF_MADE));
  await rm(placeOf(tree, "global/pg_control"), { force: true });
  await linkWal(tree.dataDirectory, walDirectory);
  await linkTablespaces(tree, owner);
  const delta = isDelta ? await runDelta(tree, chain) : NO_DELTA;
  const writer = new FileWriter(owner);
  const written = await writeChain({
    ...{ store: repository.store, keys, chain, tree, writer, alreadyThere: delta.kept, signal: settings.signal },
    onProgress: settings.onProgress ?? (() => undefined),
  });
  const control = written.kept.get("global/pg_control");
  if (control === undefined) throw new SkytoolsError("VERIFY_FAILED", "the backup lacks global/pg_control");
  const modes = modesLike(control);
  const put: Put = async (path, content) => {
    await writeFile(path, content, { mode: 0o600 });
    await chmod(path, modes.file);
    await owner.take(path);
  };
  for (const root of rootsOf(tree)) await chmod(root, modes.folder);
  await writeKept(tree, written.kept, put);
  if (movedTo !== null) await takeOverConfig(movedTo, tree.dataDirectory, owner);
  const notes = await writeSettings(settings, choice, tree, owner);
  await syncTrees(rootsOf(tree));
  // Last: without it no server starts on a directory that is only half there.
  await put(placeOf(tree, "global/pg_control"), control.bytes);
  await rm(join(tree.dataDirectory, HALF_MADE));
  await syncTrees([tree.dataDirectory]);
  log.info({ set: choice.backup.set, files: written.files, kept: delta.kept.size }, "restore done");
  const { deletedFiles, kept } = delta;
  return {
    ...planOf(settings, choice),
    movedTo,
    writtenFiles: written.files,
    keptFiles: kept.size,
    deletedFiles,
    notes,
  };
}

type Defaulted = "keys" | "set" | "existing" | "tablespaceMap" | "walDirectory" | "target" | "timeline" | "inclusive";
type Settings = RestoreRequest & Required<Pick<RestoreRequest, Defaulted | "action" | "standby" | "settings">>;
const NO_DELTA: DeltaResult = { kept: new Set(), deletedFiles: 0 };

/** @throws BACKUP_NOT_FOUND when nothing was ever stored there */
export async function requireIdentity(repository: Repository): Promise<RepositoryIdentity> {
  const identity = await repository.identity();
  if (identity === null) throw new SkytoolsError("BACKUP_NOT_FOUND", `${repository.description} is empty`);
  return identity;
}

async function choose({
  repository,
  receiver = null,
  set,
  target,
  inclusive,
  timeline: wanted,
  log = silentLogger,
}: Settings): Promise<{ readonly choice: Choice; readonly target: RecoveryTarget }> {
  const identity = await requireIdentity(repository);
  const files = receiver === null ? repository.wal : withBegun(repository.wal, receiver.wal);
  const wal = await readWalMap(files, identity.segmentBytes);
  const backups = await listBackups(repository.store);
  const timeline = wanted === "latest" ? latestTimeline(backups, wal, set) : wanted;
  const found = await resolveTarget({ wal: files, backups, map: wal, target, timeline });
  const choice = await chooseBackup({
    ...{ backups, wal, target, timeline, set, targetLsn: found.lsn },
    whyNot: (tried) => whyNoLaterCommit(target, files, wal, { ...tried, inclusive }),
  });
  requireFirst(target, choice.backup, found);
  if (wanted === "latest") {
    const left = backups.filter(isDone).filter((one) => isLeftBehind(one, choice, wal));
    if (left.length > 0) {
      const text = `recovery goes to timeline ${choice.timeline}; newer backups are on others: --target-timeline leads there`;
      log.warn({ set: choice.backup.set, newer: left.map((one) => `${one.set} on timeline ${one.timeline}`) }, text);
    }
  }
  return { choice, target: found.target };
}

/** A newer backup, from which recovery does not come where it goes now. */
function isLeftBehind(one: DoneBackup, { backup, timeline }: Choice, wal: WalMap): boolean {
  return one.startedMs > backup.startedMs && !leadsTo(one, timeline, wal);
}

async function runDelta(tree: Tree, chain: LoadedChain): Promise<DeltaResult> {
  const patched = new Set<string>();
  const whole = new Map<string, ManifestFile>();
  chain.plan.members.forEach((plan, i) => {
    const entries = new Map(chain.manifests[i]?.files.map((file) => [file.path, file]));
    for (const [path, action] of plan) {
      const entry = entries.get(path);
      if (action === "patch") patched.add(incrementalTarget(path) ?? path);
      else if (entry !== undefined && !KEPT_PATHS.includes(path)) whole.set(path, entry);
    }
  });
  for (const path of patched) whole.delete(path);
  const major = Math.floor((chain.backups.at(-1)?.serverVersion ?? 0) / 10_000);
  return await compareDelta(tree, major, whole.values(), chain.plan.files);
}

async function linkWal(dataDirectory: string, walDirectory: string | null): Promise<void> {
  if (walDirectory === null) return;
  const place = join(dataDirectory, "pg_wal");
  await rm(place, { recursive: true, force: true });
  await symlink(walDirectory, place);
}

type Put = (path: string, content: string | Buffer) => Promise<void>;

/** The group may read a cluster that initdb made so. */
function modesLike({ mode }: KeptFile): { readonly file: number; readonly folder: number } {
  return (mode & 0o040) === 0 ? { file: 0o600, folder: 0o700 } : { file: 0o640, folder: 0o750 };
}

async function writeKept(tree: Tree, kept: ReadonlyMap<string, KeptFile>, put: Put): Promise<void> {
  const label = kept.get("backup_label");
  if (label === undefined) throw new SkytoolsError("VERIFY_FAILED", "the backup lacks its backup_label");
  await put(placeOf(tree, "backup_label"), withoutIncremental(label.bytes.toString("utf8")));
  const map = placeOf(tree, "tablespace_map");
  if (tree.tablespaces.length === 0) await rm(map, { force: true });
  else await put(map, formatTablespaceMap(tree.tablespaces));
}

async function writeSettings(
  settings: Settings,
  { timeline }: Choice,
  { dataDirectory }: Tree,
  owner: FileOwner,
): Promise<readonly string[]> {
  if (settings.restoreCommand === null) return [];
  const { values, notes } = recoverySettings({ ...settings, restoreCommand: settings.restoreCommand }, timeline);
  await writeRecoverySettings(dataDirectory, values, settings.standby ? "standby" : "recovery", owner);
  return notes;
}
