// Configuration files: those that lay outside of the data directory and were stored beside the backup, and those of the
// data directory that was there before.
import { cp, lstat } from "node:fs/promises";
import { join } from "node:path";
import { openObject, readBackup } from "../backup/index.ts";
import { type MainKey, readAll } from "../codec/index.ts";
import { TarReader } from "../formats/index.ts";
import type { Store } from "../store/index.ts";
import type { FileOwner } from "./owner.ts";

/** Without them no server starts, unless they are elsewhere. Backups of the old walmgr have none. */
export const OWN_CONFIG_FILES = ["postgresql.conf", "pg_hba.conf", "pg_ident.conf"];

/** Where the backup has none. */
export async function takeOverConfig(from: string, to: string, owner: FileOwner): Promise<void> {
  const isThere = (path: string): Promise<boolean> => lstat(path).then(Boolean, () => false);
  for (const name of OWN_CONFIG_FILES) {
    const [old, place] = [join(from, name), join(to, name)];
    if (!(await isThere(old)) || (await isThere(place))) continue;
    await cp(old, place, { verbatimSymlinks: true });
    if ((await lstat(place)).isFile()) await owner.take(place);
  }
}

export interface ConfigFile {
  readonly name: string;
  readonly bytes: Buffer;
}

/** None when none were stored. */
export async function readConfigFiles(
  store: Store,
  set: string,
  keys: readonly MainKey[],
): Promise<readonly ConfigFile[]> {
  const backup = await readBackup(store, set);
  const object = backup?.objects.find(({ kind }) => kind === "conf");
  if (backup === null || object === undefined) return [];
  const files: ConfigFile[] = [];
  const reader = new TarReader();
  let parts: Buffer[] = [];
  for (const event of reader.push(await readAll(await openObject(store, backup, object, keys)))) {
    if (event.type === "member") parts = [];
    else if (event.type === "data") parts.push(event.bytes);
    else files.push({ name: event.member.name, bytes: Buffer.concat(parts) });
  }
  return files;
}
