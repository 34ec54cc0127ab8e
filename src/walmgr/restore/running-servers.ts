// Directories of servers that run on this computer. A copy of a data directory has links to the tablespaces and the WAL of
// the original: they are nobody's to repair while the original runs.
import { readdir, readlink } from "node:fs/promises";
import { join } from "node:path";
import { SkytoolsError } from "../../errors/index.ts";
import { readPidfile } from "../../service/index.ts";
import { realPlace } from "./tree.ts";

/** Sees the servers of our own user, and as root all; none where there is no /proc. @throws SAFETY_REFUSED */
export async function refuseUsed(directories: readonly string[]): Promise<void> {
  const places = new Map<string, string>();
  for (const directory of directories) places.set(await realPlace(directory), directory);
  for (const dataDirectory of await runningServers()) {
    for (const used of await placesOf(dataDirectory)) {
      const directory = places.get(await realPlace(used));
      if (directory === undefined) continue;
      throw new SkytoolsError("SAFETY_REFUSED", `the server that runs in ${dataDirectory} uses ${directory}`, {
        hint: "give another directory; --tablespace-map moves tablespaces",
      });
    }
  }
}

/** A server works in its data directory. */
async function runningServers(): Promise<readonly string[]> {
  const folders = new Set<string>();
  for (const name of await readdir("/proc").catch(() => [])) {
    if (/^\d+$/.test(name)) folders.add(await readlink(`/proc/${name}/cwd`).catch(() => ""));
  }
  folders.delete("");
  return [...folders].filter(isServed);
}

function isServed(folder: string): boolean {
  try {
    return readPidfile(join(folder, "postmaster.pid")).kind === "running";
  } catch {
    return false; // it is not ours to look at
  }
}

async function placesOf(dataDirectory: string): Promise<readonly string[]> {
  const tablespaces = join(dataDirectory, "pg_tblspc");
  const names = await readdir(tablespaces).catch(() => []);
  return [dataDirectory, join(dataDirectory, "pg_wal"), ...names.map((name) => join(tablespaces, name))];
}
