// The folder of a restore that shall not stay: gone when the work is over, with a server that runs there, and also when this
// process dies in whatever way; what was left nevertheless goes at the next use.
import { lstat, mkdir, mkdtemp, readdir, readFile, readlink, realpath, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { reasonOf, SkytoolsError } from "../../errors/index.ts";
import {
  endReaper,
  isRunning,
  type Logger,
  ownIdentity,
  type ProcessIdentity,
  readPidfile,
  startReaper,
} from "../../service/index.ts";
import { type FileOwner, ownerOf } from "./owner.ts";

export interface ScratchFolder extends AsyncDisposable {
  /** The data directory has to be `data` in it. */
  readonly folder: string;
  readonly owner: FileOwner;
}

const PREFIX = "walmgr-scratch-";
/** Says which process works in the folder. */
const IDENTITY = "walmgr.json";

/** @throws RESTORE_FAILED when there can be none */
export async function openScratchFolder(scratch: string, ourUid: number | null, log: Logger): Promise<ScratchFolder> {
  try {
    await mkdir(scratch, { recursive: true, mode: 0o700 });
    await clearOld(await realpath(scratch), ourUid, log);
    const folder = await mkdtemp(join(scratch, PREFIX));
    await writeFile(join(folder, IDENTITY), JSON.stringify(ownIdentity()));
    const owner = await ownerOf(scratch, ourUid);
    await owner.take(folder);
    const reaper = startReaper(folder, "remove");
    return { folder, owner, [Symbol.asyncDispose]: () => endReaper(reaper) };
  } catch (error) {
    throw new SkytoolsError("RESTORE_FAILED", `cannot make a folder in ${scratch}: ${reasonOf(error)}`, {
      hint: "test_directory must be a folder that may be written",
      cause: error,
    });
  }
}

/** Others may write into /tmp: only folders of ours, or of whom the scratch directory belongs to. */
async function clearOld(scratch: string, ourUid: number | null, log: Logger): Promise<void> {
  const uids = [ourUid, (await lstat(scratch)).uid];
  for (const name of await readdir(scratch)) {
    const folder = join(scratch, name);
    const stat = name.startsWith(PREFIX) ? await lstat(folder).catch(() => null) : null;
    if (stat?.isDirectory() !== true || !uids.includes(stat.uid) || !(await isLeft(folder))) continue;
    if (!(await ownsServer(join(folder, "data")))) continue;
    log.warn({ folder }, "what a killed process restored for a while is removed");
    await endReaper(startReaper(folder, "remove"));
  }
}

async function isLeft(folder: string): Promise<boolean> {
  try {
    return isRunning(JSON.parse(await readFile(join(folder, IDENTITY), "utf8")) as ProcessIdentity) === false;
  } catch {
    return false;
  }
}

/** False when the process of postmaster.pid cannot be told from a stranger with the same number. */
async function ownsServer(dataDirectory: string): Promise<boolean> {
  const pidfile = join(dataDirectory, "postmaster.pid");
  const state = readPidfile(pidfile);
  if (state.kind !== "running") return true;
  const folder = await readlink(`/proc/${state.pid}/cwd`).catch(() => null);
  if (folder !== null && folder !== dataDirectory) await rm(pidfile);
  return folder !== null;
}
