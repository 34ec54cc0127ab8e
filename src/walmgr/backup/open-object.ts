// The plain bytes of the objects of a backup, however they are stored.
import { SkytoolsError } from "../../errors/index.ts";
import { type ListedChunk, openChunks, parseChunkList } from "../chunks/index.ts";
import { type ByteSource, decode, type MainKey, readAll } from "../codec/index.ts";
import { digesting, newDigest } from "../repository/index.ts";
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
): Promise<ByteSource> {
  switch (object.form) {
    case "whole":
      return decode(await store.get(nameOf(backup, object)), object, keys);
    case "files":
      return readFiles(store, folderOf(backup.set), await membersOf(store, backup, object, keys));
    case "chunks":
      return openChunks(store, decode(await store.get(nameOf(backup, object)), object, keys), keys);
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

/**
 * All chunks that the backup needs; some may come twice. The checksum of the list is compared at its end, as who removes chunks
 * counts on every digit of it. @throws STORE_OBJECT_MISSING, REPOSITORY_DAMAGED, ENCRYPTION_KEY, STORE_FAILED
 */
export async function* chunksOf(
  store: Store,
  backup: BackupDescription,
  keys: readonly MainKey[],
): AsyncGenerator<ListedChunk> {
  for (const object of backup.objects.filter(({ form }) => form === "chunks")) {
    const digest = newDigest();
    const stored = digesting(await store.get(nameOf(backup, object)), digest);
    for await (const part of parseChunkList(decode(stored, object, keys))) if (!Buffer.isBuffer(part)) yield part;
    if (digest.checksum !== object.checksum) {
      const what = `${nameOf(backup, object)} is damaged: its bytes are not those that were stored`;
      throw new SkytoolsError("REPOSITORY_DAMAGED", what);
    }
  }
}

function nameOf({ set }: BackupDescription, { name }: BackupObject): string {
  return `${folderOf(set)}/${name}`;
}
