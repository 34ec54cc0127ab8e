// Incremental backups that were taken on top of the last one of a chain build on the full one that was made of it from then
// on: an incremental backup holds what changed since a moment, and both have the same files of that moment.
import {
  DESCRIPTION_FILE,
  type DoneBackup,
  folderOf,
  formatDescription,
  isDone,
  listBackups,
} from "../backup/index.ts";
import { bytesOf } from "../codec/index.ts";
import type { HeldLeases } from "../repository/index.ts";
import type { Store } from "../store/index.ts";

/** Each is moved whole or not at all, and restores from either. @returns those that were moved @throws STORE_FAILED */
export async function moveChildren(
  store: Store,
  { from, to }: { readonly from: DoneBackup; readonly to: DoneBackup },
  { requireHeld }: HeldLeases,
): Promise<readonly string[]> {
  const children = (await listBackups(store)).filter(isDone).filter(({ parent }) => parent === from.set);
  for (const child of children) {
    await requireHeld();
    const moved = formatDescription({ ...child, parent: to.set });
    await store.put(`${folderOf(child.set)}/${DESCRIPTION_FILE}`, bytesOf(moved));
  }
  return children.map(({ set }) => set);
}
