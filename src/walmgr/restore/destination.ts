// The directories that a restore writes to: whether it may, and what becomes of what is in them. Everything is looked at
// before anything is touched.
import { constants } from "node:fs";
import { access, lstat, readdir, readlink, rename, rm, symlink } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { errnoOf, reasonOf, SkytoolsError } from "../../errors/index.ts";
import { readPidfile } from "../../service/index.ts";
import { type FileOwner, makeFolder } from "./owner.ts";
import { refuseUsed } from "./running-servers.ts";
import { realPlace, rootsOf, type Tree } from "./tree.ts";

/** What to do with a data directory that is there: refuse, compare with the backup, move it aside first, or delete it first. */
export type ExistingData = "refuse" | "delta" | "move" | "delete";

export interface DestinationWish {
  readonly tree: Tree;
  /** Null: pg_wal stays where it is. */
  readonly walDirectory: string | null;
  readonly existing: ExistingData;
  /** Where the backups are, when that is a directory here. */
  readonly repositoryPath: string | null;
  readonly owner: FileOwner;
}

export interface Destination {
  readonly movedTo: string | null;
  /** There is a data directory to compare with. */
  readonly isDelta: boolean;
}

/** In a data directory while a restore writes it. */
export const HALF_MADE = "walmgr.restoring";

const { R_OK, W_OK, X_OK } = constants;
const NO_CLUSTER_HINT = "its files would be deleted: give another directory";

/** @throws SAFETY_REFUSED when a server runs there, or when there is something that may not be touched; RESTORE_FAILED */
export async function prepareDestination(wish: DestinationWish): Promise<Destination> {
  const { tree, walDirectory, repositoryPath, owner } = wish;
  const { dataDirectory } = tree;
  // Nobody misses what a restore before has not finished, and moved aside it would need the room of a cluster each time.
  const existing = wish.existing === "move" && (await isHalfMade(dataDirectory)) ? "delta" : wish.existing;
  const pgWal = join(dataDirectory, "pg_wal");
  const wal = walDirectory ?? (existing === "delta" ? await targetOf(pgWal) : null);
  const roots = [...rootsOf(tree), ...(wal === null ? [] : [wal])];
  if (repositoryPath !== null) await requireOutside(roots, repositoryPath);
  for (const root of roots) await requireWritable(root);
  refuseRunning(dataDirectory);
  await refuseUsed(roots);
  const isUsed = await hasEntries(dataDirectory);
  if (isUsed && existing === "refuse") throw notEmpty(dataDirectory);
  if (isUsed && existing !== "move") await requireCluster(dataDirectory);
  const isDelta = isUsed && existing === "delta";
  await requireApart(roots, isDelta);
  for (const { oid, path } of tree.tablespaces) {
    const isOld = isDelta && (await isLinkTo(join(dataDirectory, "pg_tblspc", oid), path));
    if (!isOld && (await hasEntries(path))) throw notEmpty(path);
  }
  const oldWal = wal !== null && (await isLinkTo(pgWal, wal)) ? wal : null;
  if (wal !== null && oldWal === null && (await hasEntries(wal))) throw notEmpty(wal);

  const movedTo = isUsed && existing === "move" ? await moveOld(dataDirectory, oldWal) : null;
  if (isUsed && existing === "delete") await deleteOld(dataDirectory, oldWal);
  for (const root of roots) {
    await makeFolder(root, owner);
  }
  return { movedTo, isDelta };
}

/** What a killed server left does not count. @throws SAFETY_REFUSED */
export function refuseRunning(dataDirectory: string): void {
  const state = readPidfile(join(dataDirectory, "postmaster.pid"));
  if (state.kind !== "running") return;
  throw new SkytoolsError("SAFETY_REFUSED", `a server runs in ${dataDirectory}, process ${state.pid}`, {
    hint: "stop it first",
  });
}

async function isHalfMade(dataDirectory: string): Promise<boolean> {
  const isThere = async (name: string): Promise<boolean> =>
    (await lstat(join(dataDirectory, name)).catch(() => null)) !== null;
  return (await isThere(HALF_MADE)) && !(await isThere("global/pg_control"));
}

function notEmpty(directory: string): SkytoolsError {
  return new SkytoolsError("SAFETY_REFUSED", `the directory ${directory} is not empty`, {
    hint:
      "give an empty or new directory; --delta repairs a data directory, and those tablespaces that belong to it; " +
      "--tablespace-map moves tablespaces",
  });
}

/** What the backup does not have is deleted: not in a directory that never was a cluster. */
async function requireCluster(directory: string): Promise<void> {
  if ((await lstat(join(directory, "PG_VERSION")).catch(() => null)) !== null) return;
  if ((await lstat(join(directory, "global")).catch(() => null)) !== null) return;
  throw new SkytoolsError("SAFETY_REFUSED", `${directory} is not empty and is no data directory`, {
    hint: NO_CLUSTER_HINT,
  });
}

/** What expires or is cleaned up in the one would take the other with it, as would a delta. @throws SAFETY_REFUSED */
export async function requireOutside(roots: readonly string[], repositoryPath: string): Promise<void> {
  const repository = await realPlace(repositoryPath);
  for (const root of roots) {
    const place = await realPlace(root);
    if (!`${place}/`.startsWith(`${repository}/`) && !`${repository}/`.startsWith(`${place}/`)) continue;
    throw new SkytoolsError("SAFETY_REFUSED", `${root} and the repository ${repositoryPath} are inside of each other`, {
      hint: "give a directory that is apart from it",
    });
  }
}

/** A delta would take the files of an inner one for files of the outer one that the backup lacks. */
async function requireApart(roots: readonly string[], isDelta: boolean): Promise<void> {
  const places = await Promise.all(roots.map(realPlace));
  places.forEach((place, i) => {
    const other = places.findIndex((one, j) => j !== i && (one === place || (isDelta && place.startsWith(`${one}/`))));
    if (other < 0) return;
    const how = places[other] === place ? "the same as" : "inside of";
    throw new SkytoolsError("SAFETY_REFUSED", `the directory ${roots[i]} is ${how} ${roots[other]}`, {
      hint: "the data directory, each tablespace and the WAL need places of their own: see --tablespace-map",
    });
  });
}

/** The directory, or where it will be made. */
async function requireWritable(directory: string): Promise<void> {
  for (let path = directory; ; path = dirname(path)) {
    try {
      const stat = await lstat(path);
      if (!stat.isDirectory() && !stat.isSymbolicLink()) throw new Error(`${path} is not a directory`);
      await access(path, R_OK | W_OK | X_OK);
      return;
    } catch (error) {
      if ((errnoOf(error) === "ENOENT" || errnoOf(error) === "ENOTDIR") && path !== dirname(path)) continue;
      throw new SkytoolsError("RESTORE_FAILED", `cannot restore to ${directory}: ${reasonOf(error)}`, { cause: error });
    }
  }
}

async function hasEntries(directory: string): Promise<boolean> {
  try {
    const names = await readdir(directory);
    return names.some((name) => name !== "lost+found");
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return false;
    throw error;
  }
}

/** Null: it is no symbolic link. */
async function targetOf(link: string): Promise<string | null> {
  const target = await readlink(link).catch(() => null);
  return target === null ? null : resolve(dirname(link), target);
}

async function isLinkTo(link: string, place: string): Promise<boolean> {
  const target = await targetOf(link);
  return target !== null && (await realPlace(target)) === (await realPlace(place));
}

/** With its WAL, when that is elsewhere: the old cluster stays whole. */
async function moveOld(dataDirectory: string, walDirectory: string | null): Promise<string> {
  if (walDirectory === null) return await moveAside(dataDirectory);
  const movedWal = await moveAside(walDirectory);
  const movedTo = await moveAside(dataDirectory).catch(async (error: unknown) => {
    await rename(movedWal, walDirectory);
    throw error;
  });
  await rm(join(movedTo, "pg_wal"));
  await symlink(movedWal, join(movedTo, "pg_wal"));
  return movedTo;
}

/** To the first free name with a number, as walmgr always did. */
async function moveAside(directory: string): Promise<string> {
  for (let number = 0; ; number += 1) {
    const target = `${directory}.${number}`;
    if ((await lstat(target).catch(() => null)) !== null) continue;
    await rename(directory, target).catch((cause: unknown) => {
      throw new SkytoolsError("SAFETY_REFUSED", `${directory} cannot be moved aside: ${reasonOf(cause)}`, {
        hint: "the folder above it must be writable; the top of a file system cannot be moved: empty it, or use --delta",
        cause,
      });
    });
    return target;
  }
}

/** The directories themselves stay: they may be the tops of file systems. What tells a cluster goes last. */
async function deleteOld(dataDirectory: string, walDirectory: string | null): Promise<void> {
  await rm(join(dataDirectory, "global/pg_control"), { force: true });
  if (walDirectory !== null) await empty(walDirectory, []);
  await empty(dataDirectory, ["PG_VERSION"]);
  await rm(join(dataDirectory, "PG_VERSION"), { force: true });
}

async function empty(directory: string, kept: readonly string[]): Promise<void> {
  for (const name of await readdir(directory)) {
    if (name !== "lost+found" && !kept.includes(name)) await rm(join(directory, name), { recursive: true });
  }
}
