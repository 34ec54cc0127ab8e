// Whom restored files belong to. The server refuses files of others; an administrator who restores as root wants them to
// belong to whom the destination belongs.
import { type FileHandle, chown, lstat, mkdir } from "node:fs/promises";
import { dirname } from "node:path";

export interface FileOwner {
  take(path: string): Promise<void>;
  takeHandle(handle: FileHandle): Promise<void>;
}

const nobodyElse: FileOwner = {
  take: () => Promise.resolve(),
  takeHandle: () => Promise.resolve(),
};

/** The owner of the directory, or of the nearest one above that exists; nothing is changed when that is us. */
export async function ownerOf(directory: string, ourUid: number | null): Promise<FileOwner> {
  if (ourUid !== 0) return nobodyElse;
  const { uid, gid } = await nearest(directory);
  if (uid === 0) return nobodyElse;
  return { take: (path) => chown(path, uid, gid), takeHandle: (handle) => handle.chown(uid, gid) };
}

/** With those above it that are missing: the owner has to get through them. */
export async function makeFolder(path: string, owner: FileOwner): Promise<void> {
  const first = await mkdir(path, { recursive: true, mode: 0o700 });
  for (let made = path; first !== undefined; made = dirname(made)) {
    await owner.take(made);
    if (made === first) return;
  }
}

async function nearest(directory: string): Promise<{ readonly uid: number; readonly gid: number }> {
  for (let path = directory; ; path = dirname(path)) {
    const stat = await lstat(path).catch(() => null);
    if (stat !== null) return stat;
    if (path === dirname(path)) return { uid: 0, gid: 0 };
  }
}
