// Running the server programs: initdb, postgres, and a guard that ends the server when this process is gone.
import { type ChildProcess, spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { chownSync, cpSync, readFileSync, statSync } from "node:fs";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { errnoOf, SkytoolsError } from "../errors/index.ts";
import { completeSymlinks } from "./binaries.ts";

export type StopMode = "smart" | "fast" | "immediate";

/** Who the server runs as: postgres refuses to be root. */
export interface ServerOwner {
  readonly uid?: number;
  readonly gid?: number;
}

const NOBODY = 65534;
const START_TIMEOUT_MS = 60_000;
const POLL_MS = 20;
const stopSignals = { smart: "SIGTERM", fast: "SIGINT", immediate: "SIGQUIT" } as const;

export function serverOwner(): ServerOwner {
  return process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
}

export function giveTo({ uid, gid }: ServerOwner, ...paths: readonly string[]): void {
  if (uid === undefined || gid === undefined) return;
  for (const path of paths) chownSync(path, uid, gid);
}

export interface ServerPlace {
  /** Folder with bin/. */
  readonly binaries: string;
  /** Data directory. */
  readonly data: string;
  readonly logFile: string;
  readonly owner: ServerOwner;
  /** Where the programs run: must be open to the owner. */
  readonly cwd: string;
  /** More variables for them. */
  readonly env?: Readonly<Record<string, string>>;
}

/** @throws SERVER_START with what initdb said */
export async function initDatabase(place: ServerPlace, data: string, isDurable: boolean): Promise<void> {
  const sync = isDurable ? [] : ["--no-sync"];
  const args = ["-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", ...sync];
  const program = join(place.binaries, "bin", "initdb");
  const child = spawn(program, args, { ...spawnOptions(place), stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const status = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  if (status !== 0) throw new SkytoolsError("SERVER_START", `${program} failed: ${output.trim().slice(-2000)}`);
}

/** A postmaster in a session of its own, so that Ctrl-C on a terminal does not reach it. */
export class ServerProcess {
  readonly #place: ServerPlace;
  #server: ChildProcess | null = null;
  #exited: Promise<void> = Promise.resolve();

  constructor(place: ServerPlace) {
    this.#place = place;
  }

  get isRunning(): boolean {
    return this.#server !== null;
  }

  /** Resolves when the server that was started last has ended. */
  get exited(): Promise<void> {
    return this.#exited;
  }

  /** False when it ended instead of getting ready; its log says why. */
  async start(port: number, settings: readonly string[] = []): Promise<boolean> {
    const { binaries, data, logFile } = this.#place;
    const script =
      'program=$1 data=$2 port=$3 log=$4; shift 4; exec "$program" -D "$data" -p "$port" "$@" >>"$log" 2>&1';
    const words = [join(binaries, "bin", "postgres"), data, String(port), logFile, ...settings];
    const child = spawn("/bin/sh", ["-c", script, "sh", ...words], {
      ...spawnOptions(this.#place),
      detached: true,
      stdio: "ignore",
    });
    child.unref();
    this.#exited = new Promise((resolve) => child.once("exit", () => resolve()));
    const isUp = await isReady(child, data);
    if (isUp) this.#server = child;
    return isUp;
  }

  async halt(mode: StopMode): Promise<void> {
    this.#server?.ref(); // whoever waits for the end must not be ended by an empty event loop
    this.#server?.kill(stopSignals[mode]);
    await this.#exited;
    this.#server = null;
  }

  startError(): SkytoolsError {
    const end = readIfThere(this.#place.logFile).trim().slice(-2000);
    return new SkytoolsError("SERVER_START", `PostgreSQL did not start: ${end}`);
  }
}

function spawnOptions({ owner, cwd, env }: ServerPlace) {
  return { ...owner, env: { PATH: process.env["PATH"], LC_ALL: "C.UTF-8", TZ: "UTC", ...env }, cwd };
}

/** The binaries where the server's user can reach them: a copy in `directory` when they lie below a closed folder. */
export function reachableBinaries(folder: string, directory: string, owner: ServerOwner): string {
  if (owner.uid === undefined || isOpenToAll(folder)) {
    completeSymlinks(folder);
    return folder;
  }
  const copy = join(directory, "programs", "native");
  cpSync(folder, copy, { recursive: true, verbatimSymlinks: true });
  completeSymlinks(copy);
  return copy;
}

/** Whether any user can enter a folder and all above it. */
export function isOpenToAll(folder: string): boolean {
  for (let path = folder; ; path = dirname(path)) {
    if ((statSync(path).mode & 0o005) !== 0o005) return false;
    if (path === dirname(path)) return true;
  }
}

/** True once postmaster.pid says "ready" (its eighth line); false when the server has ended. */
async function isReady(child: ChildProcess, data: string): Promise<boolean> {
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (Date.now() < deadline) {
    if (child.exitCode !== null || child.signalCode !== null) return false;
    const lines = readIfThere(join(data, "postmaster.pid")).split("\n");
    if (lines[0] === String(child.pid) && lines[7]?.trim() === "ready") return true;
    await delay(POLL_MS);
  }
  child.kill("SIGKILL");
  return false;
}

export function readIfThere(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return ""; // not written yet
  }
}

/** Below those that systems give to outgoing connections, which would take a port of ours as soon as nobody listens there. */
const PORTS = { first: 10_000, last: 29_999 } as const;
const PORT_TRIES = 50;

/** A port on which nobody listens now, and which stays free until it is used, however many connections are made. */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < PORT_TRIES; tries += 1) {
    const port = randomInt(PORTS.first, PORTS.last + 1);
    if (await isFree(port)) return port;
  }
  return await listenOnce(0);
}

/** False also when this user may not have it. */
export async function isFree(port: number): Promise<boolean> {
  try {
    return (await listenOnce(port)) === port;
  } catch (error) {
    if (["EADDRINUSE", "EACCES"].includes(errnoOf(error) ?? "")) return false;
    throw error;
  }
}

function listenOnce(wanted: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(wanted, "127.0.0.1", () => {
      const address = probe.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      probe.close(() => resolve(port));
    });
  });
}
