// data.master, data.master.0, data.master.1, …: the newest first, as an old walmgr on the primary wants them moved before it
// copies a new one.
import { lstat, readdir, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

export interface RotateOptions {
  readonly fullBackup: string;
  /** 0: as many as there are. */
  readonly keepBackups: number;
  /** Called with the directory of a set before it goes; what it throws keeps everything as it is. */
  readonly beforeRemoval: (directory: string) => Promise<void>;
}

export interface Rotated {
  readonly removed: readonly string[];
  readonly sets: readonly string[];
}

/**
 * Makes room under the name. The newest set is never removed: differs from walmgr3, which with keep_backups of 0 or 1 had
 * none while the new one was copied.
 */
export async function rotateSets({ fullBackup, keepBackups, beforeRemoval }: RotateOptions): Promise<Rotated> {
  const sets = await classicSets(fullBackup);
  const keep = keepBackups === 0 ? sets.length : Math.max(1, keepBackups - 1);
  const removed: string[] = [];
  for (const set of sets.slice(keep).reverse()) {
    await beforeRemoval(set);
    await rm(set, { recursive: true, force: true });
    removed.push(set);
  }
  const left = sets.slice(0, keep);
  for (let i = left.length - 1; i >= 0; i -= 1) await rename(left[i] as string, `${fullBackup}.${i}`);
  return { removed, sets: await classicSets(fullBackup) };
}

/** Newest first. */
export async function classicSets(fullBackup: string): Promise<readonly string[]> {
  const [folder, name] = [dirname(fullBackup), basename(fullBackup)];
  const names = await readdir(folder).catch(() => []);
  const numbers = names.filter((one) => one.startsWith(`${name}.`)).map((one) => one.slice(name.length + 1));
  const numbered = numbers.filter((one) => /^\d+$/.test(one)).sort((a, b) => Number(a) - Number(b));
  const isThere = await lstat(fullBackup).then(
    () => true,
    () => false,
  );
  return [...(isThere ? [fullBackup] : []), ...numbered.map((number) => join(folder, `${name}.${number}`))];
}
