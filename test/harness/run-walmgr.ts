// A command of walmgr in this process.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Clock, systemClock } from "../../src/clock/index.ts";
import { walmgr } from "../../src/walmgr/program/program.ts";
import { type ProgramResult, runHere } from "./run-program.ts";

export async function runWalmgrCommand(argv: readonly string[], clock: Clock = systemClock): Promise<ProgramResult> {
  return await runHere(walmgr, argv, clock);
}

/** Makes walmgr_data, and writes a file with it, logfile and pidfile in the folder. Gives its path. */
export function walmgrIni(folder: string, keys: Readonly<Record<string, string>>, name = "walmgr"): string {
  const path = join(folder, `${name}.ini`);
  const defaults = { job_name: name, walmgr_data: join(folder, "walshipping") };
  const files = { logfile: join(folder, `${name}.log`), pidfile: join(folder, `${name}.pid`) };
  const lines = Object.entries({ ...defaults, ...files, ...keys }).map(([key, value]) => `${key} = ${value}`);
  mkdirSync(keys["walmgr_data"] ?? defaults.walmgr_data, { recursive: true, mode: 0o700 });
  writeFileSync(path, `[walmgr]\n${lines.join("\n")}\n`, { mode: 0o644 });
  return path;
}
