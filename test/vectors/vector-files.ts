// The recorded vectors: read from the copy in data/, which must not differ from the shared one where that exists.
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));

/** The vectors of one file. @throws when the copy is stale */
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- the caller names the shape of its file
export function readVectors<T>(file: string): readonly T[] {
  const text = readFileSync(join(here, "data", file), "utf8");
  const shared = join(here, "..", "..", "..", "shared", "vectors", file);
  if (existsSync(shared) && readFileSync(shared, "utf8") !== text)
    throw new Error(`test/vectors/data/${file} differs from ${shared}: copy it again`);
  return JSON.parse(text) as readonly T[];
}

/** What every session of a vector starts with. */
export const SESSION_SETTINGS = `
  set datestyle = 'ISO, MDY'; set intervalstyle = 'postgres'; set timezone = 'UTC'; set bytea_output = 'hex';
  set extra_float_digits = 1; set standard_conforming_strings = on; set client_min_messages = warning;
  set lc_monetary = 'C'`;
