// The programs of skytools as the demo uses them: commands run to their end, workers and tickers until they are stopped.
// Each is a process of its own, started as a person would start it.
import { type ChildProcess, spawn } from "node:child_process";
import { createWriteStream } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
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
}

/** Processes that have not ended by then are ended. */
const STOP_LIMIT_MS = 5_000;

export async function openPrograms(places: readonly Place[], onCommand: (line: string) => void): Promise<DemoPrograms> {
  const folder = await mkdtemp(join(tmpdir(), "skytools-demo-"));
  const running = new Set<ChildProcess>();
  for (const place of places) await writeFile(iniOf(folder, place), iniText(place));

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
          `[pgqd]\nbase_connstr = ${url}\ndatabase_list = ${databases.join(",")}\ncheck_period = 1\n`,
        );
        start(`pgqd${i}`, ["pgqd", ini]);
      }
    },
    startWorker(place) {
      start(`worker-${place.name}`, ["londiste", iniOf(folder, place), "worker"]);
    },
    async londiste(place, words, allowed = [0]) {
      onCommand(`londiste ${place.name}.ini ${words.map(shown).join(" ")}`);
      const child = start(`admin-${place.name}`, ["londiste", iniOf(folder, place), ...words]);
      const [stdout, stderr] = [textOf(child.stdout), textOf(child.stderr)];
      const answer = { status: await ended(child), stdout: await stdout, stderr: await stderr };
      if (allowed.includes(answer.status)) return answer;
      throw new Error(`${place.name}: londiste ${words.join(" ")} ended with ${answer.status}: ${answer.stderr}`);
    },
    stop,
    async [Symbol.asyncDispose]() {
      await stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function iniOf(folder: string, { name }: Place): string {
  return join(folder, `${name}.ini`);
}

function iniText({ name, url }: Place): string {
  const lines = [
    "[londiste]",
    `job_name = ${name}_worker`,
    `db = ${url}`,
    "queue_name = shop",
    `node_name = ${name}`,
    `public_node_location = ${url}`,
    `pidfile = ${name}.pid`,
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

async function textOf(stream: NodeJS.ReadableStream | null): Promise<string> {
  let text = "";
  for await (const chunk of stream ?? []) text += String(chunk);
  return text;
}
