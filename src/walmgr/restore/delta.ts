// What of an existing data directory can stay: files that have the size and checksum of the backup. The rest goes.
import { createReadStream } from "node:fs";
import { lstat, readdir, rm, rmdir } from "node:fs/promises";
import { join } from "node:path";
import { createChecksum, mapInOrder } from "../codec/index.ts";
import type { ManifestFile } from "../formats/index.ts";
import { OWN_CONFIG_FILES } from "./config-files.ts";
import { HALF_MADE } from "./destination.ts";
import { placeOf, type Tree } from "./tree.ts";

const PARALLEL_FILES = 4;

export interface DeltaResult {
  /** Paths of the manifest that need not be written. */
  readonly kept: ReadonlySet<string>;
  readonly deletedFiles: number;
}

/**
 * Compares what is there with `candidates` (files that are whole in the backup), and deletes every file that is not in
 * `files`; of a tablespace only what servers of this major have there, for it may be shared with others.
 */
export async function compareDelta(
  tree: Tree,
  major: number,
  candidates: Iterable<ManifestFile>,
  files: ReadonlySet<string>,
): Promise<DeltaResult> {
  const kept = new Set<string>();
  const results = mapInOrder(candidates, PARALLEL_FILES, async (entry) => ({
    path: entry.path,
    isSame: await isSame(placeOf(tree, entry.path), entry),
  }));
  for await (const { path, isSame: same } of results) if (same) kept.add(path);
  const links = tree.tablespaces.map(({ oid }) => `pg_tblspc/${oid}`);
  // A backup of a cluster whose configuration is elsewhere has none.
  const keep = new Set([...files, ...links, ...OWN_CONFIG_FILES, HALF_MADE]);
  let deletedFiles = await deleteOthers(tree.dataDirectory, "", keep);
  for (const { oid, path } of tree.tablespaces) {
    for (const name of await readdir(path)) {
      if (!name.startsWith(`PG_${major}_`)) continue;
      deletedFiles += await deleteOthers(join(path, name), `pg_tblspc/${oid}/${name}/`, keep);
    }
  }
  return { kept, deletedFiles };
}

async function isSame(path: string, { sizeBytes, algorithm, checksum }: ManifestFile): Promise<boolean> {
  const stat = await lstat(path).catch(() => null);
  if (stat === null || !stat.isFile() || stat.size !== sizeBytes || algorithm === "NONE") return false;
  const sum = createChecksum(algorithm);
  for await (const bytes of createReadStream(path, { highWaterMark: 1024 * 1024 })) sum.update(bytes as Buffer);
  return sum.digest() === checksum;
}

async function deleteOthers(directory: string, prefix: string, files: ReadonlySet<string>): Promise<number> {
  let deleted = 0;
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    if (entry.name === "lost+found") continue;
    const path = prefix + entry.name;
    const place = join(directory, entry.name);
    // The WAL may live elsewhere: that link stays, what it leads to does not.
    if (entry.isDirectory() || path === "pg_wal") {
      deleted += await deleteOthers(place, `${path}/`, files);
      // The backup makes those anew that it has. One that stayed, such as that of a slot, would stop the server.
      await rmdir(place).catch(() => undefined);
    } else if (!files.has(path)) {
      await rm(place, { force: true });
      deleted += 1;
    }
  }
  return deleted;
}
