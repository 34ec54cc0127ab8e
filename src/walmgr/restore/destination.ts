// The directories that a restore writes to: whether it may, and what is in them already.
import { lstat, mkdir, readdir, rename } from "node:fs/promises";
import { join } from "node:path";
import { errnoOf, SkytoolsError } from "../../errors/index.ts";
import { readPidfile } from "../../service/index.ts";
import type { FileOwner } from "./owner.ts";

/** What to do with a data directory that is there: refuse, compare with the backup, or move it aside first. */
export type ExistingData = "refuse" | "delta" | "move";

/** @throws SAFETY_REFUSED when a server runs there, or when there is something that may not be touched */
export async function prepareDestination(
  directories: readonly string[],
  existing: ExistingData,
  owner: FileOwner,
): Promise<{ readonly movedTo: string | null }> {
  const [dataDirectory] = directories;
  if (dataDirectory === undefined) return { movedTo: null };
  refuseRunning(dataDirectory);
  const isUsed = await hasEntries(dataDirectory);
  if (existing === "delta" && isUsed) await requireCluster(dataDirectory);
  const movedTo = isUsed && existing === "move" ? await moveAside(dataDirectory) : null;
  for (const directory of directories) {
    if (existing !== "delta" && (await hasEntries(directory))) {
      throw new SkytoolsError("SAFETY_REFUSED", `the directory ${directory} is not empty`, {
        hint: "give an empty or new directory, or --delta to repair what is there; the tablespace map moves tablespaces",
      });
    }
    if ((await mkdir(directory, { recursive: true, mode: 0o700 })) !== undefined) await owner.take(directory);
  }
  return { movedTo };
}

/** What a killed server left does not count. @throws SAFETY_REFUSED */
export function refuseRunning(dataDirectory: string): void {
  const state = readPidfile(join(dataDirectory, "postmaster.pid"));
  if (state.kind !== "running") return;
  throw new SkytoolsError("SAFETY_REFUSED", `a server runs in ${dataDirectory}, process ${state.pid}`, {
    hint: "stop it first",
  });
}

/** A delta restore deletes what the backup does not have: not in a directory that never was a cluster. */
async function requireCluster(directory: string): Promise<void> {
  if ((await lstat(join(directory, "PG_VERSION")).catch(() => null)) !== null) return;
  if ((await lstat(join(directory, "global")).catch(() => null)) !== null) return;
  throw new SkytoolsError("SAFETY_REFUSED", `${directory} is not empty and is no data directory`, {
    hint: "a delta restore would delete what is in it: give another directory",
  });
}

export async function hasEntries(directory: string): Promise<boolean> {
  try {
    const names = await readdir(directory);
    return names.some((name) => name !== "lost+found");
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return false;
    throw error;
  }
}

/** To the first free name with a number, as walmgr always did. */
async function moveAside(directory: string): Promise<string> {
  for (let number = 0; ; number += 1) {
    const target = `${directory}.${number}`;
    if ((await lstat(target).catch(() => null)) !== null) continue;
    await rename(directory, target);
    return target;
  }
}
