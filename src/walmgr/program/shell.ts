// Commands of the configuration file, run by the shell.
import { spawn } from "node:child_process";
import { env } from "node:process";
import { systemClock } from "../../clock/index.ts";
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
  const { how, said } = await run(command, { ...env, ...variables });
  if (how !== 0) throw new SkytoolsError(code, `${key} failed: ${said.trim() || `it ended with ${how}`}`);
}

/** No key is longer, nor a list of old ones. */
const MAX_OUTPUT = 64 * 1024;

/**
 * What a command prints that prints a secret: neither that nor its error output is in an error.
 * @throws `code` when it fails or prints nothing, ABORTED
 */
export async function secretOfShellCommand(
  command: string,
  key: string,
  { code, signal }: { readonly code: ErrorCode; readonly signal: AbortSignal },
): Promise<string> {
  const child = spawn("/bin/sh", ["-c", command], { stdio: ["ignore", "pipe", "ignore"], signal });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
    if (output.length > MAX_OUTPUT) child.stdout.destroy();
  });
  const how = await new Promise<number | string>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (status, killer) => resolve(status ?? killer ?? ""));
  }).catch((cause: unknown) => {
    if (signal.aborted) throw new SkytoolsError("ABORTED", `stopped by a signal while ${key} ran`);
    throw new SkytoolsError(code, `${key} cannot be run: ${reasonOf(cause)}`, { cause });
  });
  const wrong = (what: string): SkytoolsError =>
    new SkytoolsError(code, `${key} ${what}`, { hint: "run it by hand, as the user that walmgr runs as" });
  if (output.length > MAX_OUTPUT) throw wrong("printed too much for a key");
  if (how !== 0) throw wrong(`failed: it ended with ${how}`);
  if (output.trim() === "") throw wrong("printed nothing");
  return output;
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
