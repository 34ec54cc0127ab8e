// Where the package's own files (sql/) lie, from the sources as well as from dist/.
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder of our package.json. */
export function packageRoot(): string {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    if (existsSync(join(folder, "package.json")) && existsSync(join(folder, "sql"))) return folder;
    if (folder === dirname(folder)) throw new Error("skytools: the package's sql/ folder is missing");
  }
}

/** The version in our package.json. */
export function packageVersion(): string {
  const parsed = JSON.parse(readFileSync(join(packageRoot(), "package.json"), "utf8")) as { version: string };
  return parsed.version;
}
