// Commands of the configuration file, run by the shell.
import { execFile } from "node:child_process";
import { env } from "node:process";
import { promisify } from "node:util";
import { reasonOf, SkytoolsError } from "../../errors/index.ts";

/** `variables` are added to the environment. @throws SAFETY_REFUSED with what it said */
export async function runShellCommand(
  command: string,
  key: string,
  variables: Readonly<Record<string, string>> = {},
): Promise<void> {
  try {
    await promisify(execFile)("/bin/sh", ["-c", command], { env: { ...env, ...variables } });
  } catch (error) {
    const why = reasonOf(error);
    throw new SkytoolsError("SAFETY_REFUSED", `${key} failed: ${why.slice(0, 500)}`, { cause: error });
  }
}
