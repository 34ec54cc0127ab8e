// The recorded results of the old programs that lie in data/.
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Scenario } from "./run-scenario.ts";

const FOLDER = dirname(fileURLToPath(import.meta.url));
const DATA = join(FOLDER, "data");
/** The collection that data/ was taken from, where it lies beside the project. */
const ORIGIN = join(FOLDER, "../../../shared/vectors");

/** @throws if the copy in data/ is not what the collection has now */
export function readScenarios(file: string): readonly Scenario[] {
  const text = readFileSync(join(DATA, file), "utf8");
  const origin = join(ORIGIN, file);
  if (existsSync(origin) && readFileSync(origin, "utf8") !== text) {
    throw new Error(`test/vectors/data/${file} is not the same as ${origin}`);
  }
  return JSON.parse(text) as readonly Scenario[];
}
