// Folders whose names are durable: what lies in a folder is lost with the folder's own name.
import { constants } from "node:fs";
import { mkdir, open } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { errnoOf } from "../../errors/index.ts";

/** Makes it and those above it where they are missing, each durable. */
export async function makeFolder(folder: string, mode = 0o700): Promise<void> {
  const path = resolve(folder);
  const first = await mkdir(path, { recursive: true, mode });
  if (first === undefined) return;
  for (let made = path; made.length >= first.length; made = dirname(made)) await syncFolder(dirname(made));
}

/** Makes names in a folder durable. Some file systems cannot sync a folder; what matters is synced there anyway. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, constants.O_RDONLY);
  try {
    await folder.sync();
  } catch (error) {
    if (errnoOf(error) !== "EINVAL" && errnoOf(error) !== "ENOTSUP") throw error;
  } finally {
    await folder.close();
  }
}
