// Configuration files that lay outside of the data directory and were stored beside the backup.
import { openObject, readBackup } from "../backup/index.ts";
import { type MainKey, readAll } from "../codec/index.ts";
import { TarReader } from "../formats/index.ts";
import type { Store } from "../store/index.ts";

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
