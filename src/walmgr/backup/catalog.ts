// The backups of a repository: listing them, and reading what belongs to one.
import { SkytoolsError } from "../../errors/index.ts";
import { decode, type MainKey, readAll } from "../codec/index.ts";
import { type Manifest, parseManifest } from "../formats/index.ts";
import { isMissing, type Store } from "../store/index.ts";
import {
  BACKUP_FOLDER,
  type BackupDescription,
  type BackupObject,
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

/** All that have a description, oldest first, whatever their state; also where it cannot be read. @throws STORE_FAILED */
export async function listBackups(store: Store): Promise<readonly BackupDescription[]> {
  const sets: string[] = [];
  for await (const { name } of store.list(`${BACKUP_FOLDER}/`)) {
    const [, set, file] = name.split("/");
    if (set !== undefined && file === DESCRIPTION_FILE && isSetName(set)) sets.push(set);
  }
  const backups = await Promise.all(sets.map((set) => readOrDamaged(store, set)));
  return backups.filter((backup) => backup !== null).sort(compareAge);
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
  readonly names: readonly string[];
  /** Of the newest object. */
  readonly modifiedMs: number;
}

/** Folders of backups that have no description: whoever made or removed the backup was interrupted. @throws STORE_FAILED */
export async function strayFolders(store: Store): Promise<readonly StrayFolder[]> {
  const folders = new Map<string, { set: string; names: string[]; modifiedMs: number }>();
  const described = new Set<string>();
  for await (const { name, modifiedMs } of store.list(`${BACKUP_FOLDER}/`)) {
    const [, set = "", file] = name.split("/");
    if (!isSetName(set)) continue;
    if (file === DESCRIPTION_FILE) described.add(set);
    const folder = folders.get(set) ?? { set, names: [], modifiedMs: 0 };
    folder.names.push(name);
    folder.modifiedMs = Math.max(folder.modifiedMs, modifiedMs);
    folders.set(set, folder);
  }
  return [...folders.values()].filter(({ set }) => !described.has(set));
}

/**
 * The first moment from `nowMs` on whose name no backup has in any of the repositories, be it only begun: names have
 * seconds, and a folder that is written twice would lose the older backup. Called under the lease.
 */
export async function freeMoment(repositories: readonly { readonly store: Store }[], nowMs: number): Promise<number> {
  const used = new Set<string>();
  for (const { store } of repositories) {
    for await (const { name } of store.list(`${BACKUP_FOLDER}/`)) used.add(setMoment(name.split("/")[1] ?? ""));
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

/** The plain bytes of an object. */
export async function openObject(
  store: Store,
  backup: BackupDescription,
  object: BackupObject,
  keys: readonly MainKey[],
): Promise<AsyncIterable<Uint8Array>> {
  return decode(await store.get(`${folderOf(backup.set)}/${object.name}`), object, keys);
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
