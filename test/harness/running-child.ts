// Node programs of the package as processes, with what they write.
import { spawn } from "node:child_process";

export interface RunningChild {
  readonly pid: number;
  /** All that it has written. */
  output(): string;
  /** Exit status, or the signal's name. */
  readonly ended: Promise<number | string>;
  kill(signal: NodeJS.Signals): void;
}

/** @param argv - what follows `node` */
export function startChild(argv: readonly string[], env: Readonly<Record<string, string>> = {}): RunningChild {
  const child = spawn(process.execPath, argv, { env: { PATH: process.env["PATH"], ...env } });
  let text = "";
  child.stdout.on("data", (data: Buffer) => (text += data.toString()));
  child.stderr.on("data", (data: Buffer) => (text += data.toString()));
  const ended = new Promise<number | string>((resolve) => {
    child.once("close", (code, signal) => resolve(code ?? signal ?? -1));
  });
  return { pid: child.pid ?? 0, output: () => text, ended, kill: (signal) => void child.kill(signal) };
}

export async function endedChild(
  argv: readonly string[],
): Promise<{ readonly status: number | string; readonly output: string }> {
  const child = startChild(argv);
  return { status: await child.ended, output: child.output() };
}
