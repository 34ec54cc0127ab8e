// Where the files of a backup go: the data directory, and the directories of tablespaces.
import { mkdir, realpath, rm, symlink } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { SkytoolsError } from "../../errors/index.ts";
import type { Tablespace } from "../formats/index.ts";
import type { FileOwner } from "./owner.ts";

export interface Tree {
  /** Absolute. */
  readonly dataDirectory: string;
  /** After relocation. */
  readonly tablespaces: readonly Tablespace[];
}

const TABLESPACE = /^pg_tblspc\/(\d+)(?:\/(.+))?$/;

/** Absolute place of a path of the manifest. */
export function placeOf({ dataDirectory, tablespaces }: Tree, path: string): string {
  const [, oid, rest] = TABLESPACE.exec(path) ?? [];
  const tablespace = oid === undefined ? undefined : tablespaces.find((one) => one.oid === oid);
  return tablespace === undefined ? join(dataDirectory, path) : join(tablespace.path, rest ?? "");
}

/** All top directories. */
export function rootsOf({ dataDirectory, tablespaces }: Tree): readonly string[] {
  return [dataDirectory, ...tablespaces.map(({ path }) => path)];
}

/** Without symbolic links; of what is not there yet: as far as it is. */
export async function realPlace(path: string): Promise<string> {
  const full = resolve(path);
  const real = await realpath(full).catch(() => null);
  if (real !== null || full === dirname(full)) return real ?? full;
  return join(await realPlace(dirname(full)), basename(full));
}

/** From the beginning, so that a restore that was broken off can be repaired: the links say whose the tablespaces are. */
export async function linkTablespaces({ dataDirectory, tablespaces }: Tree, owner: FileOwner): Promise<void> {
  const folder = join(dataDirectory, "pg_tblspc");
  if (tablespaces.length === 0) return;
  if ((await mkdir(folder, { recursive: true, mode: 0o700 })) !== undefined) await owner.take(folder);
  for (const { oid, path } of tablespaces) {
    await rm(join(folder, oid), { force: true });
    await symlink(path, join(folder, oid));
  }
}

/**
 * Moves tablespaces: `map` has new paths by oid or by old path, `others` takes the rest. @throws WRONG_USE when a name fits none, or a path is
 * not absolute
 */
export function relocate(
  tablespaces: readonly Tablespace[],
  map: Readonly<Record<string, string>>,
  others: string | null = null,
): readonly Tablespace[] {
  for (const [name, path] of Object.entries(map)) {
    const isKnown = tablespaces.some(({ oid, path: old }) => oid === name || old === name);
    if (!isKnown || !path.startsWith("/")) {
      throw new SkytoolsError("WRONG_USE", `tablespace map: ${name}=${path} does not fit`, {
        hint: `oid=/absolute/path or /old/path=/new/path, for ${tablespaces.map(({ oid, path: old }) => `${oid} (${old})`).join(", ") || "no tablespace at all"}`,
      });
    }
  }
  return tablespaces.map(({ oid, path }) => ({
    oid,
    path: map[oid] ?? map[path] ?? (others === null ? path : join(others, oid)),
  }));
}
