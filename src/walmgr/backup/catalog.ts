// The backups of a repository: listing them, and reading what belongs to one.
import { SkytoolsError } from "../../errors/index.ts";
import { type MainKey, readAll } from "../codec/index.ts";
import { type Manifest, parseManifest } from "../formats/index.ts";
import { isMissing, type Store } from "../store/index.ts";
import {
  BACKUP_FOLDER,
  type BackupDescription,
  compareAge,
  damagedDescription,
  DESCRIPTION_FILE,
  folderOf,
  isDone,
  isSetName,
  parseDescription,
  setMoment,
  setName,
} from "./description.ts";
import { openObject } from "./open-object.ts";

/** All that have a description, oldest first, whatever their state; also where it cannot be read. @throws STORE_FAILED */
export async function listBackups(store: Store): Promise<readonly BackupDescription[]> {
  const backups = await Promise.all((await setsOf(store)).map((set) => readOrDamaged(store, set)));
  return backups.filter((backup) => backup !== null).sort(compareAge);
}

/** Folders of backups, whatever is in them; that may be many files, which nobody needs to list for it. @throws STORE_FAILED */
export async function setsOf(store: Store): Promise<readonly string[]> {
  return (await store.folders(BACKUP_FOLDER)).filter(isSetName);
}

async function readOrDamaged(store: Store, set: string): Promise<BackupDescription | null> {
  try {
    return await readBackup(store, set);
  } catch (error) {
    if (error instanceof SkytoolsError && error.code === "REPOSITORY_DAMAGED") {
      return damagedDescription(set, error.message);
    }
    throw error;
  }
}

export interface StrayFolder {
  readonly set: string;
  /** Of the newest object. */
  readonly modifiedMs: number;
}

/** Folders of backups that have no description: whoever made or removed the backup was interrupted. @throws STORE_FAILED */
export async function strayFolders(store: Store): Promise<readonly StrayFolder[]> {
  const stray: StrayFolder[] = [];
  for (const set of await setsOf(store)) {
    if ((await store.stat(`${folderOf(set)}/${DESCRIPTION_FILE}`)) !== null) continue;
    let newestMs: number | null = null;
    for await (const { modifiedMs } of store.list(`${folderOf(set)}/`)) newestMs = Math.max(newestMs ?? 0, modifiedMs);
    if (newestMs !== null) stray.push({ set, modifiedMs: newestMs });
  }
  return stray;
}

/**
 * The first moment from `nowMs` on whose name no backup has in any of the repositories, be it only begun: names have
 * seconds, and a folder that is written twice would lose the older backup. Called under the lease.
 */
export async function freeMoment(repositories: readonly { readonly store: Store }[], nowMs: number): Promise<number> {
  const used = new Set<string>();
  for (const { store } of repositories) {
    for (const set of await setsOf(store)) used.add(setMoment(set));
  }
  let moment = nowMs;
  while (used.has(setMoment(setName(moment, "full")))) moment += 1000;
  return moment;
}

/** Null when there is none of that name, or when it was removed meanwhile. */
export async function readBackup(store: Store, set: string): Promise<BackupDescription | null> {
  const name = `${folderOf(set)}/${DESCRIPTION_FILE}`;
  try {
    return parseDescription(await readAll(await store.get(name)), name);
  } catch (error) {
    if (isMissing(error)) return null;
    throw error;
  }
}

/** @throws REPOSITORY_DAMAGED, MANIFEST_INVALID, ENCRYPTION_KEY, STORE_FAILED */
export async function readManifest(
  store: Store,
  backup: BackupDescription,
  keys: readonly MainKey[],
): Promise<{ readonly bytes: Buffer; readonly manifest: Manifest }> {
  const object = backup.objects.find(({ kind }) => kind === "manifest");
  if (object === undefined) throw new SkytoolsError("REPOSITORY_DAMAGED", `backup ${backup.set} has no manifest`);
  const bytes = await readAll(await openObject(store, backup, object, keys));
  return { bytes, manifest: parseManifest(bytes) };
}

/** The backup and all that it builds on, the full one first. @throws BACKUP_INVALID when one is missing or not done */
export function chainOf(backup: BackupDescription, all: readonly BackupDescription[]): readonly BackupDescription[] {
  const chain = [backup];
  for (let last = backup; last.parent !== null;) {
    const parent = all.find(({ set }) => set === last.parent);
    if (parent === undefined || !isDone(parent) || chain.includes(parent)) {
      throw new SkytoolsError("BACKUP_INVALID", `backup ${last.set} needs ${last.parent}, which is not there`);
    }
    chain.unshift(parent);
    last = parent;
  }
  return chain;
}
