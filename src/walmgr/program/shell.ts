// Commands of the configuration file, run by the shell.
import { spawn } from "node:child_process";
import { env } from "node:process";
import { systemClock } from "../../clock/index.ts";
import { type ErrorCode, SkytoolsError } from "../../errors/index.ts";

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
  const { how, said } = await run(command, { ...env, ...variables });
  if (how !== 0) throw new SkytoolsError(code, `${key} failed: ${said.trim() || `it ended with ${how}`}`);
}

const LAST_WORDS = 500;
const LAST_WORDS_MS = 1000;

interface Ended {
  /** Exit status or signal. */
  readonly how: number | string;
  /** The end of its error output, when it failed. */
  readonly said: string;
}

/** Until the shell has ended: a server that it started may keep its output open for as long as it runs. */
async function run(command: string, environment: NodeJS.ProcessEnv): Promise<Ended> {
  const child = spawn("/bin/sh", ["-c", command], { env: environment, stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (said = (said + text).slice(-LAST_WORDS)));
  const isRead = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const how = await new Promise<number | string>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (status, signal) => resolve(status ?? signal ?? ""));
  });
  if (how !== 0) await Promise.race([isRead, systemClock.sleep(LAST_WORDS_MS)]);
  child.stderr.destroy();
  return { how, said };
}
