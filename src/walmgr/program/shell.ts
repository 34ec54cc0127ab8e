// Commands of the configuration file, run by the shell.
import { execFile } from "node:child_process";
import { env } from "node:process";
import { promisify } from "node:util";
import { type ErrorCode, reasonOf, SkytoolsError } from "../../errors/index.ts";

export interface ShellOptions {
  /** Added to the environment. */
  readonly variables?: Readonly<Record<string, string>>;
  /** Of the error when it fails. Default SAFETY_REFUSED. */
  readonly code?: ErrorCode;
}

/** Of the key of the configuration. @throws SAFETY_REFUSED, or `code`, with what it said */
export async function runShellCommand(
  command: string,
  key: string,
  { variables = {}, code = "SAFETY_REFUSED" }: ShellOptions = {},
): Promise<void> {
  try {
    await promisify(execFile)("/bin/sh", ["-c", command], { env: { ...env, ...variables } });
  } catch (error) {
    const why = reasonOf(error);
    throw new SkytoolsError(code, `${key} failed: ${why.slice(0, 500)}`, { cause: error });
  }
}
