// The built program walmgr, run as the user that servers run as, with a folder that this user owns.
import { type ChildProcess, execFile, execFileSync, spawn, spawnSync } from "node:child_process";
import { chmodSync, chownSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { execPath } from "node:process";
import { fileURLToPath } from "node:url";
import { findBinaries } from "../../src/testing/binaries.ts";
import { reachableBinaries, serverOwner } from "../../src/testing/server-process.ts";
import { walmgrIni } from "./run-walmgr.ts";

export const PROGRAM = fileURLToPath(new URL("../../dist/src/cli/walmgr.js", import.meta.url));

export interface Ran {
  readonly status: number;
  readonly out: string;
  readonly err: string;
  /** End of the log file. */
  readonly log: string;
}

export interface WalmgrPlace extends AsyncDisposable {
  readonly folder: string;
  /** Folder of the server programs of that major, which the servers' user can read. */
  readonly bin: string;
  file(name: string): string;
  /** Writes `[walmgr]` with these keys; job_name, walmgr_data, logfile and pidfile have defaults. Gives the path. */
  ini(name: string, keys: Readonly<Record<string, string>>): string;
  run(ini: string, ...words: readonly string[]): Promise<Ran>;
  /** Until the place goes, or stop() is called, which gives the exit status. */
  start(ini: string, ...words: readonly string[]): { stop(signal?: NodeJS.Signals): Promise<number | null> };
  /** As the same user. @throws when it fails */
  shell(command: string): void;
  /** The exit status of a program, run as the same user. */
  attempt(program: string, words: readonly string[]): number;
  logOf(name: string): string;
  /** A data directory whose server is stopped when the place goes. */
  stopAtEnd(dataDirectory: string): void;
}

export function walmgrPlace(major: number): WalmgrPlace {
  const folder = mkdtempSync(join(tmpdir(), "skytools-wm-"));
  const owner = serverOwner();
  if (owner.uid !== undefined) chownSync(folder, owner.uid, owner.gid ?? owner.uid);
  chmodSync(folder, 0o755);
  const bin = join(reachableBinaries(findBinaries(major), folder, owner), "bin");
  const children = new Set<ChildProcess>();
  const servers = new Set<string>();
  const options = { ...owner, cwd: folder, env: { PATH: process.env["PATH"] ?? "", HOME: folder } };
  const ended = async (child: ChildProcess, signal: NodeJS.Signals = "SIGTERM"): Promise<number | null> => {
    if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
    const gone = new Promise<number | null>((resolve) => child.once("exit", resolve));
    child.kill(signal);
    return await gone;
  };
  const logName = (ini: string): string => `${basename(ini, ".ini")}.log`;
  const place: WalmgrPlace = {
    folder,
    bin,
    file: (name) => join(folder, name),
    ini(name, keys) {
      const path = walmgrIni(folder, keys, name);
      const data = keys["walmgr_data"] ?? join(folder, "walshipping");
      if (owner.uid !== undefined) chownSync(data, owner.uid, owner.gid ?? owner.uid);
      return path;
    },
    run: (ini, ...words) =>
      new Promise((resolve) => {
        const child = execFile(execPath, [PROGRAM, ini, ...words], options, (_, out, err) =>
          resolve({ status: child.exitCode ?? -1, out, err, log: place.logOf(logName(ini)).slice(-2000) }),
        );
      }),
    start(ini, ...words) {
      const child = spawn(execPath, [PROGRAM, ini, ...words], { ...options, stdio: "ignore" });
      children.add(child);
      return { stop: (signal) => ended(child, signal) };
    },
    shell(command) {
      execFileSync("/bin/sh", ["-c", command], { ...options, stdio: "ignore" });
    },
    attempt: (program, words) => spawnSync(program, words, { ...options, stdio: "ignore" }).status ?? -1,
    stopAtEnd(dataDirectory) {
      servers.add(dataDirectory);
    },
    logOf(name) {
      try {
        return readFileSync(join(folder, name), "utf8");
      } catch {
        return "";
      }
    },
    async [Symbol.asyncDispose]() {
      for (const child of children) await ended(child);
      for (const server of servers) {
        if (existsSync(join(server, "postmaster.pid"))) {
          execFileSync(join(bin, "pg_ctl"), ["-w", "-m", "immediate", "-D", server, "stop"], {
            ...options,
            stdio: "ignore",
          });
        }
      }
      rmSync(folder, { recursive: true, force: true });
    },
  };
  return place;
}
