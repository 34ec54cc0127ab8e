// Our pgqd as a process of its own, ended with the test.
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { temporaryFolder } from "./temporary-folder.ts";

const built = (name: string): string => fileURLToPath(new URL(`../../dist/src/cli/${name}.js`, import.meta.url));
/** The two commands that start it. */
export const pgqdCommands = { pgqd: [built("pgqd")], "skytools pgqd": [built("bin"), "pgqd"] } as const;

export interface PgqdProcess {
  readonly pid: number;
  /** Everything it wrote to standard output and standard error. */
  output(): string;
  /** Exit status, or the signal's name. */
  readonly ended: Promise<number | string>;
  kill(signal: NodeJS.Signals): void;
}

export interface PgqdFolder extends AsyncDisposable {
  readonly ini: string;
  file(name: string): string;
  /** Empty when it is not there. */
  read(name: string): string;
  write(name: string, text: string): void;
  start(...argv: string[]): PgqdProcess;
  /** The process of a pidfile that our daemon wrote; it is ended with the test. */
  daemonPid(name: string): number;
  /** Runs to the end. */
  run(...argv: string[]): Promise<{ readonly status: number | string; readonly output: string }>;
}

/** A folder for configuration, pidfile and log. */
export function pgqdFolder(
  env: Readonly<Record<string, string>> = {},
  command: keyof typeof pgqdCommands = "pgqd",
): PgqdFolder {
  const folder = temporaryFolder();
  const children: ChildProcess[] = [];
  const background = new Set<number>();
  const read = (name: string): string => (existsSync(folder.file(name)) ? readFileSync(folder.file(name), "utf8") : "");
  const start = (...argv: string[]): PgqdProcess => {
    const child = spawn(process.execPath, [...pgqdCommands[command], ...argv], {
      cwd: folder.path,
      env: { PATH: process.env["PATH"], HOME: folder.path, ...env },
    });
    children.push(child);
    let text = "";
    child.stdout.on("data", (data: Buffer) => (text += data.toString()));
    child.stderr.on("data", (data: Buffer) => (text += data.toString()));
    const ended = new Promise<number | string>((resolve) => {
      child.once("close", (code, signal) => resolve(code ?? signal ?? -1));
    });
    return { pid: child.pid ?? 0, output: () => text, ended, kill: (signal) => void child.kill(signal) };
  };
  const daemonPid = (name: string): number => {
    const pid = Number(read(name));
    if (!(pid > 1)) throw new Error(`no process id in ${name}`);
    background.add(pid);
    return pid;
  };
  return {
    ini: folder.file("pgqd.ini"),
    file: (name) => folder.file(name),
    read,
    write: (name, text) => writeFileSync(folder.file(name), text),
    start,
    async run(...argv) {
      const pgqd = start(...argv);
      return { status: await pgqd.ended, output: pgqd.output() };
    },
    daemonPid,
    async [Symbol.asyncDispose]() {
      for (const pid of background) kill(pid);
      for (const child of children) child.kill("SIGKILL");
      await Promise.all(children.map(exited));
      folder[Symbol.dispose]();
    },
  };
}

function exited(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => child.once("exit", () => resolve()));
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    return; // it is gone
  }
}
