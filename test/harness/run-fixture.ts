// Starts the built fixture program as a process of its own, and ends it with the test.
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { temporaryFolder } from "./temporary-folder.ts";
import { until } from "./until.ts";

/** A program of test/harness/programs, built. */
export function builtProgram(name: string): string {
  return fileURLToPath(new URL(`../../dist/test/harness/programs/${name}.js`, import.meta.url));
}

export interface FixtureProgram {
  /** Of test/harness/programs. */
  readonly name: string;
  /** Section of its file. */
  readonly section: string;
  /** Lines of its file besides pidfile and logfile; paths are those of the folder. */
  readonly common: readonly string[];
}

const fixture: FixtureProgram = {
  name: "fixture",
  section: "fixture3",
  common: ["trace = trace", "loop_delay = 600", "exception_sleep = 600"],
};

export interface RunningFixture {
  readonly child: ChildProcess;
  readonly pid: number;
  stderr(): string;
  stdout(): string;
  /** Exit status, or the signal's name. */
  readonly ended: Promise<number | string>;
  kill(signal: NodeJS.Signals): void;
}

export interface FixtureFolder extends AsyncDisposable {
  readonly ini: string;
  file(name: string): string;
  /** Text of a file; empty when it is not there. */
  read(name: string): string;
  /** Writes the configuration: pidfile, logfile and trace in the folder, and what is given. */
  configure(lines?: string): void;
  start(...argv: string[]): RunningFixture;
  /** Runs to the end. */
  run(
    ...argv: string[]
  ): Promise<{ readonly status: number | string; readonly stdout: string; readonly stderr: string }>;
  /** Waits until the trace has the text. */
  traced(text: string): Promise<unknown>;
  /** The process of the pidfile. */
  daemonPid(): number;
}

export function fixtureFolder(
  env: Readonly<Record<string, string>> = {},
  { name, section, common: more }: FixtureProgram = fixture,
): FixtureFolder {
  const program = builtProgram(name);
  const folder = temporaryFolder();
  const children: ChildProcess[] = [];
  const read = (name: string): string => (existsSync(folder.file(name)) ? readFileSync(folder.file(name), "utf8") : "");
  const start = (...argv: string[]): RunningFixture => {
    const child = spawn(process.execPath, [program, ...argv], { env: { PATH: process.env["PATH"], ...env } });
    children.push(child);
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (data: Buffer) => (stdout += data.toString()));
    child.stderr.on("data", (data: Buffer) => (stderr += data.toString()));
    const ended = new Promise<number | string>((resolve) => {
      child.once("close", (code, signal) => resolve(code ?? signal ?? -1));
    });
    return {
      ...{ child, pid: child.pid ?? 0, ended, stderr: () => stderr, stdout: () => stdout },
      kill: (signal) => void child.kill(signal),
    };
  };
  const daemonPid = (): number => Number(read("p.pid"));
  return {
    ini: folder.file("job.ini"),
    file: (name) => folder.file(name),
    read,
    configure(lines = "") {
      const common = ["pidfile = p.pid", "logfile = p.log", ...more];
      const own = lines.split("\n").map((line) => line.replace(/ *=.*/s, ""));
      const kept = common.filter((line) => !own.includes(line.replace(/ =.*/, "")));
      const paths = kept.map((line) =>
        line.replace(/^(pidfile|logfile|trace|local_tracking_file|output) = /, (key) => `${key}${folder.path}/`),
      );
      writeFileSync(folder.file("job.ini"), [`[${section}]`, ...paths, lines, ""].join("\n"));
    },
    start,
    async run(...argv) {
      const running = start(...argv);
      const status = await running.ended;
      return { status, stdout: running.stdout(), stderr: running.stderr() };
    },
    traced: (text) => until(() => read("trace").includes(text), { what: `"${text}" in the trace`, timeoutMs: 30_000 }),
    daemonPid,
    async [Symbol.asyncDispose]() {
      const pid = daemonPid();
      for (const child of children) if (child.exitCode === null && child.signalCode === null) child.kill("SIGKILL");
      if (pid > 1 && pid !== process.pid && isAlive(pid) && isProgram(pid, program)) process.kill(pid, "SIGKILL");
      await until(() => !(pid > 1 && isAlive(pid) && isProgram(pid, program)), { what: "end of the daemon" });
      folder[Symbol.dispose]();
    },
  };
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** A pidfile may name a strange process: that one is not ours to end. */
function isProgram(pid: number, program: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(program);
  } catch {
    return false;
  }
}
