// An old program running beside the test as a child process.
import { spawn } from "node:child_process";
import { removeScratchFolders } from "./scratch.ts";

export interface Program {
  readonly pid: number;
  /** Everything it has written to stdout and stderr. */
  output(): string;
  /** Exit status, null when a signal killed it. */
  readonly ended: Promise<number | null>;
  /** Sends the signal and waits for the end. @returns exit status, null when the signal killed it */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

const running = new Set<Program>();

export function startProgram(path: string, args: readonly string[]): Program {
  const { child, output, ended } = launch(path, args);
  const program: Program = {
    pid: child.pid ?? 0,
    ended,
    output,
    async stop(signal = "SIGINT") {
      child.kill(signal);
      running.delete(program);
      return ended;
    },
  };
  running.add(program);
  return program;
}

export interface Ended {
  /** null: a signal killed it. */
  readonly status: number | null;
  readonly output: string;
}

/** Runs a program to its end. */
export async function endedProgram(path: string, args: readonly string[]): Promise<Ended> {
  const { output, ended } = launch(path, args);
  const status = await ended;
  return { status, output: output() };
}

/** Runs a program to its end. @throws with what it wrote when the status is not 0 */
export async function runProgram(path: string, args: readonly string[]): Promise<string> {
  const { status, output } = await endedProgram(path, args);
  if (status !== 0) throw new Error(`${path} ${args.join(" ")} ended with ${status ?? "a signal"}: ${output}`);
  return output;
}

/** After each test: kills what a failed test left running, and removes the programs' configuration. */
export async function cleanUpPrograms(): Promise<void> {
  await Promise.all([...running].map((program) => program.stop("SIGKILL")));
  removeScratchFolders();
}

function launch(path: string, args: readonly string[]) {
  const child = spawn(path, args, { stdio: ["ignore", "pipe", "pipe"] });
  let text = "";
  child.stdout.on("data", (chunk: Buffer) => (text += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (text += chunk.toString()));
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  return { child, output: () => text, ended };
}
