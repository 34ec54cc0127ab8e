// Commands of the configuration file, run by the shell.
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { reasonOf, SkytoolsError } from "../../errors/index.ts";

/** @throws SAFETY_REFUSED with what it said */
export async function runShellCommand(command: string, key: string): Promise<void> {
  try {
    await promisify(execFile)("/bin/sh", ["-c", command]);
  } catch (error) {
    const why = reasonOf(error);
    throw new SkytoolsError("SAFETY_REFUSED", `${key} failed: ${why.slice(0, 500)}`, { cause: error });
  }
}
