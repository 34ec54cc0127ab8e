// Where the files of a backup go: the data directory, and the directories of tablespaces.
import { join } from "node:path";
import { SkytoolsError } from "../../errors/index.ts";
import type { Tablespace } from "../formats/index.ts";

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
