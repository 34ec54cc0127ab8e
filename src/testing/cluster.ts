// A throw-away PostgreSQL server: its own data directory, port and log; gone when stopped, and also when the process
// that started it dies in whatever way. Knows nothing of PgQ.
import { type ChildProcess, spawn } from "node:child_process";
import { chownSync, cpSync, mkdirSync, mkdtempSync, readFileSync, statSync, appendFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { SkytoolsError } from "../errors/index.ts";
import { completeSymlinks, findBinaries } from "./binaries.ts";

export interface ClusterOptions {
  /** PostgreSQL major, 14 to 18; the newest one installed when left out. */
  readonly major?: number;
  /** Folder with bin/postgres and bin/initdb; found in node_modules when left out. */
  readonly binaries?: string;
  /** More settings for postgresql.conf. */
  readonly settings?: Readonly<Record<string, string>>;
  /** true: fsync and friends stay on, as in production (benchmarks, crash tests). Default false. */
  readonly durable?: boolean;
}

export type StopMode = "smart" | "fast" | "immediate";

export interface Cluster extends AsyncDisposable {
  readonly major: number;
  readonly host: string;
  readonly port: number;
  readonly dataDirectory: string;
  readonly logFile: string;
  /** postgresql:// URI of a database, for the superuser `postgres` unless told. */
  url(database?: string, user?: string): string;
  /** Starts the server again after `halt`. */
  start(): Promise<void>;
  /** Stops the server and keeps the data ("immediate" is a crash: no checkpoint, recovery at the next start). */
  halt(mode?: StopMode): Promise<void>;
  /** Stops the server and removes everything. May be called twice. */
  stop(): Promise<void>;
}

const NOBODY = 65534;
const START_TIMEOUT_MS = 60_000;
const POLL_MS = 20;
const stopSignals = { smart: "SIGTERM", fast: "SIGINT", immediate: "SIGQUIT" } as const;

// Waits for its standard input to end, which happens when the parent is gone however it died; then stops the server
// whose postmaster.pid lies in the directory and removes the directory.
const REAPER = `
cat >/dev/null
pid=$(head -n 1 "$1/data/postmaster.pid" 2>/dev/null)
if [ -n "$pid" ]; then
  kill -QUIT "$pid" 2>/dev/null
  i=0
  while kill -0 "$pid" 2>/dev/null && [ $i -lt 100 ]; do sleep 0.1; i=$((i+1)); done
  kill -KILL "$pid" 2>/dev/null
fi
rm -rf "$1"`;

/** Makes and starts a server. @throws SERVER_START with the end of the server's log */
export async function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  const directory = mkdtempSync(join(tmpdir(), "skytools-pg-"));
  const reaper = spawn("/bin/sh", ["-c", REAPER, "reaper", directory], {
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
  });
  reaper.unref();
  (reaper.stdin as unknown as { unref(): void } | null)?.unref();

  try {
    return await createCluster(directory, reaper, options);
  } catch (error) {
    await endReaper(reaper);
    throw error;
  }
}

async function createCluster(directory: string, reaper: ChildProcess, options: ClusterOptions): Promise<Cluster> {
  const owner = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
  const binaries = reachableBinaries(
    options.binaries ?? findBinaries(options.major),
    directory,
    owner.uid !== undefined,
  );
  const data = join(directory, "data");
  const logFile = join(directory, "server.log");
  mkdirSync(data, { mode: 0o700 });
  if (owner.uid !== undefined) {
    chownSync(directory, owner.uid, owner.gid);
    chownSync(data, owner.uid, owner.gid);
  }
  const env = { PATH: process.env["PATH"], LC_ALL: "C.UTF-8", TZ: "UTC" };

  await run(join(binaries, "bin", "initdb"), initdbArguments(data, options.durable), { ...owner, env, cwd: directory });
  const major = Number.parseInt(readFileSync(join(data, "PG_VERSION"), "utf8"), 10);
  const settings: Record<string, string> = {
    listen_addresses: "'127.0.0.1'",
    unix_socket_directories: "''",
    max_connections: "100",
    shared_buffers: "'128MB'",
    logging_collector: "off",
    log_line_prefix: "'%m [%p] %d '",
    ...(options.durable === true ? {} : { fsync: "off", synchronous_commit: "off", full_page_writes: "off" }),
    ...options.settings,
  };
  appendFileSync(
    join(data, "postgresql.conf"),
    Object.entries(settings)
      .map(([name, value]) => `${name} = ${value}\n`)
      .join(""),
  );

  let server: ChildProcess | null = null;
  let exited: Promise<void> = Promise.resolve();
  let port = await freePort();
  let stopped: Promise<void> | null = null;

  const start = async (): Promise<void> => {
    for (let attempt = 1; server === null; attempt += 1) {
      const child = spawn(
        "/bin/sh",
        ["-c", 'exec "$0" -D "$1" -p "$2" >>"$3" 2>&1', join(binaries, "bin", "postgres"), data, String(port), logFile],
        { ...owner, env, cwd: directory, detached: true, stdio: "ignore" },
      );
      child.unref();
      exited = new Promise((resolve) => child.once("exit", () => resolve()));
      if (await isReady(child, data)) server = child;
      else if (attempt === 3) throw startError(logFile);
      else port = await freePort(); // somebody took the port in between
    }
  };
  const halt = async (mode: StopMode = "fast"): Promise<void> => {
    server?.ref(); // whoever waits for the end must not be ended by an empty event loop
    server?.kill(stopSignals[mode]);
    await exited;
    server = null;
  };
  const stop = (): Promise<void> => (stopped ??= halt("immediate").then(() => endReaper(reaper)));

  await start();
  return {
    major,
    host: "127.0.0.1",
    get port() {
      return port;
    },
    dataDirectory: data,
    logFile,
    url: (database = "postgres", user = "postgres") =>
      `postgresql://${encodeURIComponent(user)}@127.0.0.1:${port}/${encodeURIComponent(database)}`,
    start,
    halt,
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

function initdbArguments(data: string, durable = false): string[] {
  const sync = durable ? [] : ["--no-sync"];
  return ["-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", ...sync];
}

/** The binaries where the server's user can reach them: a copy when they lie below a closed folder. */
function reachableBinaries(folder: string, directory: string, otherUser: boolean): string {
  if (!otherUser || isOpenToAll(folder)) {
    completeSymlinks(folder);
    return folder;
  }
  const copy = join(directory, "programs", "native");
  cpSync(folder, copy, { recursive: true, verbatimSymlinks: true });
  completeSymlinks(copy);
  return copy;
}

function isOpenToAll(folder: string): boolean {
  for (let path = folder; ; path = dirname(path)) {
    if ((statSync(path).mode & 0o005) !== 0o005) return false;
    if (path === dirname(path)) return true;
  }
}

async function run(program: string, args: string[], options: object): Promise<void> {
  const child = spawn(program, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const status = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  if (status !== 0) throw new SkytoolsError("SERVER_START", `${program} failed: ${output.trim().slice(-2000)}`);
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

function readIfThere(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return ""; // not written yet
  }
}

function startError(logFile: string): SkytoolsError {
  return new SkytoolsError("SERVER_START", `PostgreSQL did not start: ${readIfThere(logFile).trim().slice(-2000)}`);
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      probe.close(() => resolve(port));
    });
  });
}

async function endReaper(reaper: ChildProcess): Promise<void> {
  if (reaper.exitCode !== null) return;
  const gone = new Promise<void>((resolve) => reaper.once("exit", () => resolve()));
  reaper.ref();
  reaper.stdin?.end();
  await gone;
}
