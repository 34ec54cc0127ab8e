// The programs of skytools as the demo uses them: workers and tickers as processes of their own, as a person would start
// them; commands in this process, with the same words.
import { type ChildProcess, spawn } from "node:child_process";
import { EventEmitter } from "node:events";
import { createWriteStream } from "node:fs";
import { appendFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { systemClock } from "../src/clock/index.ts";
import { londiste } from "../src/londiste/index.ts";
import { runProgram } from "../src/service/index.ts";
import type { Place } from "./places.ts";

const cli = fileURLToPath(new URL("../src/cli/bin.js", import.meta.url));

export interface Answer {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface DemoPrograms extends AsyncDisposable {
  readonly folder: string;
  /** A ticker for each server. */
  startTickers(places: readonly Place[]): Promise<void>;
  startWorker(place: Place): void;
  /** `londiste NAME.ini WORDS`; what it prints is told to `onLine`. @throws when the status is not in `allowed` */
  londiste(place: Place, words: readonly string[], allowed?: readonly number[]): Promise<Answer>;
  stop(): Promise<void>;
  /** The logs stay after the end. */
  keep(): void;
}

/** Processes that have not ended by then are ended. */
const STOP_LIMIT_MS = 5_000;

export interface ProgramsOptions {
  readonly places: readonly Place[];
  /** Shortest time between two ticks. */
  readonly tickSeconds: number;
  readonly onCommand: (line: string) => void;
}

export async function openPrograms({ places, tickSeconds, onCommand }: ProgramsOptions): Promise<DemoPrograms> {
  const folder = await mkdtemp(join(tmpdir(), "skytools-demo-"));
  const running = new Set<ChildProcess>();
  let isKept = false;
  for (const place of places) await writeFile(iniOf(folder, place), iniText(folder, place));

  const start = (name: string, words: readonly string[]): ChildProcess => {
    const child = spawn(process.execPath, [cli, ...words], { stdio: ["ignore", "pipe", "pipe"], cwd: folder });
    running.add(child);
    child.once("close", () => running.delete(child));
    const log = createWriteStream(join(folder, `${name}.log`), { flags: "a" });
    child.stdout.pipe(log, { end: false });
    child.stderr.pipe(log, { end: false });
    return child;
  };
  const stop = async (): Promise<void> => {
    const ends = [...running].map((child) => ended(child));
    for (const child of running) child.kill("SIGTERM");
    const timer = setTimeout(() => running.forEach((child) => child.kill("SIGKILL")), STOP_LIMIT_MS);
    await Promise.all(ends);
    clearTimeout(timer);
  };
  return {
    folder,
    async startTickers(all) {
      const servers = new Map<string, string[]>();
      for (const { serverUrl, database } of all) servers.set(serverUrl, [...(servers.get(serverUrl) ?? []), database]);
      for (const [i, [url, databases]] of [...servers].entries()) {
        const ini = join(folder, `pgqd${i}.ini`);
        await writeFile(
          ini,
          `[pgqd]\nbase_connstr = ${url}\ndatabase_list = ${databases.join(",")}\ncheck_period = 1\nticker_fast_period = ${tickSeconds}\n`,
        );
        start(`pgqd${i}`, ["pgqd", ini]);
      }
    },
    startWorker(place) {
      start(`worker-${place.name}`, ["londiste", iniOf(folder, place), "worker"]);
    },
    async londiste(place, words, allowed = [0]) {
      onCommand(`londiste ${place.name}.ini ${words.map(shown).join(" ")}`);
      const answer = await runHere([iniOf(folder, place), ...words]);
      await appendFile(join(folder, `admin-${place.name}.log`), answer.stderr + answer.stdout);
      if (allowed.includes(answer.status)) return answer;
      throw new Error(`${place.name}: londiste ${words.join(" ")} ended with ${answer.status}: ${answer.stderr}`);
    },
    stop,
    keep() {
      isKept = true;
    },
    async [Symbol.asyncDispose]() {
      await stop();
      if (!isKept) await rm(folder, { recursive: true, force: true });
    },
  };
}

function iniOf(folder: string, { name }: Place): string {
  return join(folder, `${name}.ini`);
}

function iniText(folder: string, { name, url }: Place): string {
  const lines = [
    "[londiste]",
    `job_name = ${name}_worker`,
    `db = ${url}`,
    "queue_name = shop",
    `node_name = ${name}`,
    `public_node_location = ${url}`,
    `pidfile = ${join(folder, `${name}.pid`)}`,
    "parallel_copies = 2",
  ];
  return `${lines.join("\n").replaceAll("%", "%%")}\n`;
}

function shown(word: string): string {
  return word.replaceAll(/:\/\/[^@]*@/g, "://");
}

function ended(child: ChildProcess): Promise<number> {
  return new Promise((resolve) => {
    if (child.exitCode !== null) resolve(child.exitCode);
    else child.once("close", (code) => resolve(code ?? 1));
  });
}

async function runHere(argv: readonly string[]): Promise<Answer> {
  let stdout = "";
  let stderr = "";
  const status = await runProgram(londiste, argv, {
    stdout: { write: (text) => (stdout += text) },
    stderr: { write: (text) => (stderr += text) },
    env: process.env,
    process: Object.assign(new EventEmitter(), { exit: () => undefined as never }),
    clock: systemClock,
  });
  return { status, stdout, stderr };
}
