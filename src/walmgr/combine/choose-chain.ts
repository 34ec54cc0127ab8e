// Which backups become one, whether they can, and how much room that takes. Changes nothing.
import { statfs } from "node:fs/promises";
import { dirname } from "node:path";
import { errnoOf, SkytoolsError } from "../../errors/index.ts";
import {
  type BackupDescription,
  chainOf,
  compareAge,
  type DoneBackup,
  isDone,
  isSameMoment,
  listBackups,
} from "../backup/index.ts";
import type { MainKey } from "../codec/index.ts";
import { formatLsn } from "../formats/index.ts";
import type { Repository } from "../repository/index.ts";
import { type LoadedChain, loadChain } from "../restore/index.ts";

export interface ChosenChain {
  /** The full one first. */
  readonly backups: readonly DoneBackup[];
  readonly newest: DoneBackup;
  /** A full backup of the same moment that is there already. */
  readonly combined: DoneBackup | null;
}

/** @throws BACKUP_NOT_FOUND, BACKUP_INVALID when a part of the chain is missing, WRONG_USE for a full backup */
export async function chooseChain({ store, description }: Repository, set: string | null): Promise<ChosenChain> {
  const all = await listBackups(store);
  const newest = findSet(all, set, description);
  if (newest.type === "full") {
    throw new SkytoolsError("WRONG_USE", `${newest.set} is a full backup: there is nothing to combine`, {
      hint: "name an incremental one, as `info` lists them",
    });
  }
  const combined = all.filter(isDone).find((one) => one.type === "full" && isSameMoment(one, newest)) ?? null;
  return { backups: chainOf(newest, all).filter(isDone), newest, combined };
}

function findSet(all: readonly BackupDescription[], set: string | null, repository: string): DoneBackup {
  const done = all.filter(isDone).sort(compareAge);
  const found =
    set === null ? done.findLast(({ type }) => type === "incremental") : done.find((one) => one.set === set);
  if (found !== undefined) return found;
  const what = set === null ? "no incremental backup" : `no finished backup ${set}`;
  throw new SkytoolsError("BACKUP_NOT_FOUND", `there is ${what} in ${repository}`, {
    hint: "`info` lists the backups; `backup --incremental` takes one (PostgreSQL 17 and newer)",
  });
}

/** Also looks whether the WAL of the last one is there. @throws BACKUP_INVALID and what reading a manifest throws */
export async function readChain(
  { store, wal, description }: Repository,
  { backups, newest }: ChosenChain,
  keys: readonly MainKey[],
): Promise<LoadedChain> {
  const chain = await loadChain(store, backups, keys);
  for (const { timeline, startLsn, endLsn } of chain.manifests.at(-1)?.walRanges ?? []) {
    if (await wal.hasRange(timeline, startLsn, endLsn, { partial: true })) continue;
    const range = `${formatLsn(startLsn)} to ${formatLsn(endLsn)} of timeline ${timeline}`;
    throw new SkytoolsError("BACKUP_INVALID", `the WAL of ${newest.set}, ${range}, is not in ${description}`);
  }
  return chain;
}

export interface Sizes {
  /** Files that are changed piece by piece, as they were in the backup that has them whole. */
  readonly scratchBytes: number;
  readonly plainBytes: number;
}

export function sizesOf({ manifests, plan }: LoadedChain): Sizes {
  const written = plan.members.map((member, i) => {
    const isWritten = ({ path }: { readonly path: string }): boolean => member.get(path) === "write";
    const files = manifests[i]?.files.filter(isWritten) ?? [];
    return files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  });
  const plainBytes = written.reduce((sum, bytes) => sum + bytes, 0);
  return { scratchBytes: plainBytes - (written.at(-1) ?? 0), plainBytes };
}

/** Of a folder that may not be there yet. */
export async function freeBytesIn(folder: string): Promise<number> {
  try {
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize;
  } catch (error) {
    if (errnoOf(error) === "ENOENT" && folder !== dirname(folder)) return await freeBytesIn(dirname(folder));
    throw error;
  }
}
