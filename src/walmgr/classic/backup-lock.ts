// BACKUPLOCK: the lock that an old walmgr on the primary takes here by ssh, for as long as it copies its data.
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { errnoOf } from "../../errors/index.ts";

const NAME = "BACKUPLOCK";

/** Null: it is ours now; else what the holder has written into it, its process id. */
export async function takeBackupLock(complete: string, pid: string): Promise<string | null> {
  await mkdir(complete, { recursive: true, mode: 0o700 });
  const path = join(complete, NAME);
  try {
    // Differs from walmgr3, which looked first and wrote then: two could have it.
    await writeFile(path, pid, { flag: "wx" });
    return null;
  } catch (error) {
    if (errnoOf(error) !== "EEXIST") throw error;
    return await readFile(path, "utf8");
  }
}

export async function releaseBackupLock(complete: string): Promise<void> {
  await rm(join(complete, NAME), { force: true });
}
