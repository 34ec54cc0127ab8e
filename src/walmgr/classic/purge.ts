// Removes WAL files that no set of the old walmgr needs any more.
import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { parseBackupLabel, parseWalFileName } from "../formats/index.ts";
import type { ClassicFolders } from "./folders.ts";
import { classicSets } from "./rotate.ts";

/**
 * Files in front of the first one that any set needs, on the timeline of that set and on older ones. Nothing goes when a set
 * has no label that can be read, or when there is none. Gives the names.
 */
export async function purgeWal({
  complete,
  partial,
  fullBackup,
}: Omit<ClassicFolders, "config">): Promise<readonly string[]> {
  const sets = await classicSets(fullBackup);
  const labels = await Promise.all(
    sets.map(async (set) => await readFile(join(set, "backup_label"), "utf8").then(parseBackupLabel, () => null)),
  );
  const firsts = labels.map((label) => label?.startSegment ?? null);
  if (firsts.length === 0 || firsts.includes(null)) return [];
  const first = firsts.reduce((a, b) => ((a ?? "") < (b ?? "") ? a : b)) ?? "";
  const removed: string[] = [];
  for (const folder of [complete, partial]) {
    for (const name of await readdir(folder).catch(() => [])) {
      const file = parseWalFileName(name);
      // Positions are compared without the timeline; histories are small, and needed for ever.
      if (file === null || file.kind === "history") continue;
      const isOlder = name.slice(8, 24) < first.slice(8) && name.slice(0, 8) <= first.slice(0, 8);
      if (!isOlder) continue;
      await rm(join(folder, name), { force: true });
      removed.push(name);
    }
  }
  return removed;
}
