// The plain bytes of the objects of a backup, however they are stored.
import { decode, type MainKey, readAll } from "../codec/index.ts";
import type { Store } from "../store/index.ts";
import { type BackupDescription, type BackupObject, folderOf } from "./description.ts";
import { parseMembers, type StoredMember } from "./member-list.ts";
import { readFiles } from "./read-files.ts";

/** An archive is one of tar. @throws REPOSITORY_DAMAGED, ENCRYPTION_KEY, STORE_OBJECT_MISSING, STORE_FAILED; reading it too */
export async function openObject(
  store: Store,
  backup: BackupDescription,
  object: BackupObject,
  keys: readonly MainKey[],
): Promise<AsyncIterable<Uint8Array>> {
  switch (object.form) {
    case "whole":
      return decode(await store.get(nameOf(backup, object)), object, keys);
    case "files":
      return readFiles(store, folderOf(backup.set), await membersOf(store, backup, object, keys));
  }
}

/** Of an archive that is stored as files. @throws REPOSITORY_DAMAGED, when it is read; STORE_OBJECT_MISSING, STORE_FAILED */
export async function membersOf(
  store: Store,
  backup: BackupDescription,
  object: BackupObject,
  keys: readonly MainKey[],
): Promise<Iterable<StoredMember>> {
  const name = nameOf(backup, object);
  // As a whole: a service would not wait for the next line while a large file is read.
  return parseMembers(await readAll(decode(await store.get(name), object, keys)), object.oid, name);
}

function nameOf({ set }: BackupDescription, { name }: BackupObject): string {
  return `${folderOf(set)}/${name}`;
}
