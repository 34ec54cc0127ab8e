// walmgr as processes of their own, with one configuration file, run by the user that the servers run as: what the
// receiver stores, a restored server can read.
import { type ChildProcess, spawn } from "node:child_process";
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execPath } from "node:process";
import { serverOwner } from "../../src/testing/server-process.ts";
import { PROGRAM } from "./walmgr-program.ts";

export interface WalmgrProcess {
  readonly pid: number;
  /** Everything it has written to stdout and stderr. */
  output(): string;
  stdout(): string;
  /** Exit status; null: a signal ended it. */
  readonly ended: Promise<number | null>;
  /** @returns exit status */
  end(signal: NodeJS.Signals): Promise<number | null>;
}

export interface WalmgrSite extends AsyncDisposable {
  readonly folder: string;
  readonly ini: string;
  /** walmgr_data. */
  readonly data: string;
  start(...words: readonly string[]): WalmgrProcess;
  /** To its end. @returns what it wrote to stdout @throws unless it ends with status 0 */
  run(...words: readonly string[]): Promise<string>;
}

/** `lines` of the configuration file, beside job_name and walmgr_data. */
export function walmgrSite(lines: readonly string[]): WalmgrSite {
  const folder = mkdtempSync(join(tmpdir(), "skytools-walmgr-"));
  const [ini, data] = [join(folder, "walmgr.ini"), join(folder, "data")];
  const { uid, gid } = serverOwner();
  writeFileSync(ini, ["[walmgr]", "job_name = site", `walmgr_data = ${data}`, ...lines, ""].join("\n"));
  chmodSync(folder, 0o755);
  mkdirSync(data, { mode: 0o700 });
  if (uid !== undefined && gid !== undefined) for (const path of [folder, ini, data]) chownSync(path, uid, gid);
  const running = new Set<ChildProcess>();

  const start = (...words: readonly string[]): WalmgrProcess => {
    const env = { PATH: process.env["PATH"], HOME: folder, LC_ALL: "C.UTF-8" };
    const who = uid === undefined || gid === undefined ? {} : { uid, gid };
    const child = spawn(execPath, [PROGRAM, ini, ...words], {
      env,
      cwd: folder,
      stdio: ["ignore", "pipe", "pipe"],
      ...who,
    });
    running.add(child);
    let [stdout, output] = ["", ""];
    child.stdout.on("data", (chunk: Buffer) => {
      stdout += chunk.toString();
      output += chunk.toString();
    });
    child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
    const ended = new Promise<number | null>((resolve) => {
      child.once("error", () => resolve(null));
      child.once("close", (status) => {
        running.delete(child);
        resolve(status);
      });
    });
    return {
      pid: child.pid ?? 0,
      output: () => output,
      stdout: () => stdout,
      ended,
      end(signal) {
        child.kill(signal);
        return ended;
      },
    };
  };
  return {
    folder,
    ini,
    data,
    start,
    async run(...words) {
      const process = start(...words);
      const status = await process.ended;
      if (status === 0) return process.stdout();
      throw new Error(`walmgr ${words.join(" ")} ended with ${status ?? "a signal"}: ${process.output()}`);
    },
    async [Symbol.asyncDispose]() {
      for (const child of running) child.kill("SIGKILL");
      await Promise.all([...running].map((child) => new Promise((resolve) => child.once("close", resolve))));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
