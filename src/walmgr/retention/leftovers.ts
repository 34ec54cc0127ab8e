// What nobody owns any more: temporary files of writers who were killed, folders of backups without a description, and begun
// segments of backups that are complete meanwhile. What is younger than a day may still be somebody's.
import { BACKUP_FOLDER, folderOf, strayFolders } from "../backup/index.ts";
import { CHUNK_FOLDER } from "../chunks/index.ts";
import { partialStateOf, type Repository } from "../repository/index.ts";

/** What was written since may be somebody's work. */
export const YOUNG_MS = 86_400_000;

/** Called under the lease of backups. @throws STORE_FAILED */
export async function clearLeftovers({ store, wal, identity }: Cleared, nowMs: number): Promise<void> {
  const beforeMs = nowMs - YOUNG_MS;
  for (const prefix of [`${BACKUP_FOLDER}/`, `${CHUNK_FOLDER}/`, "wal/"]) await store.clearTemporary(prefix, beforeMs);
  for (const { set, modifiedMs } of await strayFolders(store)) {
    if (modifiedMs < beforeMs) await store.deleteFolder(folderOf(set));
  }
  if (identity === null) return;
  for (const { name, object, isCopy } of await wal.partials()) {
    if (isCopy !== true || (await wal.find(name)) === null) continue;
    const stat = await store.stat(object);
    if (stat !== null && stat.modifiedMs < beforeMs) await store.delete([object, partialStateOf(object)]);
  }
}

type Cleared = Pick<Repository, "store" | "wal"> & { readonly identity: object | null };
