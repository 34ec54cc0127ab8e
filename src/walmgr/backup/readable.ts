// Which main key a backup needs, and whether it is there. A backup whose key is lost, or was mistyped, restores nothing.
import { keyIdOf, type MainKey, readAll } from "../codec/index.ts";
import { isMissing, type Store } from "../store/index.ts";
import { chainOf } from "./catalog.ts";
import { type BackupDescription, type DoneBackup, folderOf } from "./description.ts";

/** As the head of an encrypted object has it. */
const HEAD_BYTES = 128;

/** Id of the main key that its manifest, and with it all of it, was encrypted with. Null: none. @throws STORE_FAILED */
export async function keyIdOfBackup(store: Store, backup: BackupDescription): Promise<string | null> {
  const manifest = backup.objects.find(({ kind }) => kind === "manifest");
  if (manifest?.isEncrypted !== true) return null;
  try {
    const head = await store.get(`${folderOf(backup.set)}/${manifest.name}`, { length: HEAD_BYTES });
    return keyIdOf(await readAll(head));
  } catch (error) {
    if (isMissing(error)) return null; // `verify` tells of that
    throw error;
  }
}

/**
 * Those that can be read, with all that they build on, by whoever has these keys. Who has none at all, as a host that only
 * keeps a repository, cannot judge: all of them. @throws STORE_FAILED
 */
export async function readableBackups(
  store: Store,
  backups: readonly DoneBackup[],
  keys: readonly MainKey[],
): Promise<readonly DoneBackup[]> {
  if (keys.length === 0) return backups;
  const foreign = new Set<string>();
  for (const backup of backups) {
    const id = await keyIdOfBackup(store, backup);
    if (id !== null && !keys.some((key) => key.id === id)) foreign.add(backup.set);
  }
  const isForeign = (backup: DoneBackup): boolean => chainIn(backup, backups).some(({ set }) => foreign.has(set));
  return foreign.size === 0 ? backups : backups.filter((backup) => !isForeign(backup));
}

/** Of a broken chain the backup alone: that is another trouble. */
function chainIn(backup: DoneBackup, backups: readonly DoneBackup[]): readonly BackupDescription[] {
  try {
    return chainOf(backup, backups);
  } catch {
    return [backup];
  }
}
