// A throw-away PostgreSQL server: its own data directory, port and log; gone when stopped, and also when the process
// that started it dies in whatever way. Knows nothing of PgQ.
import type { ChildProcess } from "node:child_process";
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { endReaper, startReaper } from "../service/index.ts";
import { findBinaries } from "./binaries.ts";
import {
  freePort,
  giveTo,
  initDatabase,
  reachableBinaries,
  serverOwner,
  ServerProcess,
  type StopMode,
} from "./server-process.ts";

export interface ClusterOptions {
  /** PostgreSQL major, 14 to 18; the newest one installed when left out. */
  readonly major?: number;
  /** Folder with bin/postgres and bin/initdb; found in node_modules when left out. */
  readonly binaries?: string;
  /** More settings for postgresql.conf. */
  readonly settings?: Readonly<Record<string, string>>;
  /** More environment variables for the server. */
  readonly env?: Readonly<Record<string, string>>;
  /** true: fsync and friends stay on, as in production (benchmarks, crash tests). Default false. */
  readonly durable?: boolean;
}

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

/** Makes and starts a server. @throws SERVER_START with the end of the server's log */
export async function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  const directory = mkdtempSync(join(tmpdir(), "skytools-pg-"));
  const reaper = startReaper(directory, "remove");
  try {
    return await createCluster(directory, reaper, options);
  } catch (error) {
    await endReaper(reaper);
    throw error;
  }
}

const START_ATTEMPTS = 3;

async function createCluster(directory: string, reaper: ChildProcess, options: ClusterOptions): Promise<Cluster> {
  const owner = serverOwner();
  const binaries = reachableBinaries(options.binaries ?? findBinaries(options.major), directory, owner);
  const data = join(directory, "data");
  const logFile = join(directory, "server.log");
  mkdirSync(data, { mode: 0o700 });
  giveTo(owner, directory, data);
  const place = { binaries, data, logFile, owner, cwd: directory, env: options.env ?? {} };
  await initDatabase(place, data, options.durable === true);
  const major = Number.parseInt(readFileSync(join(data, "PG_VERSION"), "utf8"), 10);
  appendFileSync(join(data, "postgresql.conf"), settingLines(options));

  const server = new ServerProcess(place);
  let port = await freePort();
  let stopped: Promise<void> | null = null;

  const start = async (): Promise<void> => {
    for (let attempt = 1; !server.isRunning && !(await server.start(port)); attempt += 1) {
      if (attempt === START_ATTEMPTS) throw server.startError();
      port = await freePort(); // somebody took the port in between
    }
  };
  const halt = (mode: StopMode = "fast"): Promise<void> => server.halt(mode);
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

function settingLines(options: ClusterOptions): string {
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
  return Object.entries(settings)
    .map(([name, value]) => `${name} = ${value}\n`)
    .join("");
}
