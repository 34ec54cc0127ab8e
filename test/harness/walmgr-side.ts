// Servers with a repository beside them, and servers that were restored from it.
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type pg from "pg";
import { systemClock } from "../../src/clock/index.ts";
import { connectReplication } from "../../src/postgres/index.ts";
import { endReaper, startReaper } from "../../src/service/index.ts";
import { findBinaries } from "../../src/testing/binaries.ts";
import type { Cluster, ClusterOptions } from "../../src/testing/index.ts";
import {
  freePort,
  giveTo,
  readIfThere,
  reachableBinaries,
  serverOwner,
  ServerProcess,
} from "../../src/testing/server-process.ts";
import { type BackupRequest, type BackupResult, takeBackup } from "../../src/walmgr/backup/index.ts";
import { type Coding, type MainKey } from "../../src/walmgr/codec/index.ts";
import { openRepository, type StoreRepository } from "../../src/walmgr/repository/index.ts";
import { restore, type RestoreRequest, type RestoreResult } from "../../src/walmgr/restore/index.ts";
import { DirectoryStore } from "../../src/walmgr/store/index.ts";
import { queryAt } from "./query-at.ts";
import { startQuietCluster } from "./quiet-cluster.ts";
import { until } from "./until.ts";

export interface WalmgrSide extends AsyncDisposable {
  readonly cluster: Cluster;
  /** A folder that the server's user can reach, gone at the end. */
  readonly folder: string;
  query<R extends pg.QueryResultRow = pg.QueryResultRow>(sql: string): Promise<R[]>;
  /** A new and empty repository in a directory. */
  repository(options?: { readonly coding?: Coding; readonly keys?: readonly MainKey[] }): TestRepository;
}

export interface TestRepository {
  readonly repository: StoreRepository;
  readonly path: string;
  /** For a restored server: plain segments out of the repository. */
  readonly restoreCommand: string;
  backup(options?: Partial<BackupRequest>): Promise<BackupResult>;
  /** Stores all WAL that the server has, as an archive_command would have done by now; the segment is switched before. */
  storeWal(): Promise<void>;
}

/** A server that keeps WAL. WAL comes into its repositories with the backups. */
export async function startWalmgrSide(options: ClusterOptions): Promise<WalmgrSide> {
  const folder = mkdtempSync(join(tmpdir(), "skytools-wal-"));
  chmodSync(folder, 0o755);
  const cluster = await startQuietCluster({
    ...options,
    durable: true,
    settings: { fsync: "off", wal_keep_size: "'512MB'", max_wal_senders: "8", ...options.settings },
  });
  const repositories: StoreRepository[] = [];
  const plain: Coding = { compression: "none" };
  const close = async (): Promise<void> => {
    for (const repository of repositories) await repository.close();
    await cluster.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  return {
    cluster,
    folder,
    query: (sql) => queryAt(cluster.url(), sql),
    repository({ coding = plain, keys = [] } = {}) {
      const path = join(folder, `repository${repositories.length}`);
      const store = new DirectoryStore(path, { folderMode: 0o755, fileMode: 0o644 });
      const repository = openRepository({ store, clock: systemClock, keys });
      repositories.push(repository);
      return {
        repository,
        path,
        restoreCommand: `f=$(find ${path}/wal -name %f | head -n 1) && [ -n "$f" ] && cp "$f" "%p"`,
        async storeWal() {
          const rows = await queryAt<{ at: string }>(
            cluster.url(),
            "select pg_walfile_name(pg_switch_wal()) as switched, pg_walfile_name(pg_current_wal_insert_lsn()) as at",
          );
          const folderOfWal = join(cluster.dataDirectory, "pg_wal");
          const [{ at } = { at: "" }] = rows;
          const names = readdirSync(folderOfWal).filter((name) => /^[0-9A-F]{24}$/.test(name) && name < at);
          for (const name of names)
            await repository.wal.putSegment(name, () => [readFileSync(join(folderOfWal, name))]);
        },
        backup: (more = {}) =>
          takeBackup({
            repositories: [repository],
            connect: () => connectReplication(cluster.url(), { env: {} }),
            type: "full",
            coding,
            keys,
            clock: systemClock,
            walTimeoutMs: 30_000,
            ...more,
          }),
      };
    },
    [Symbol.asyncDispose]: close,
  };
}

export interface RestorePlace extends AsyncDisposable {
  /** Empty, and belongs to the server's user. */
  readonly dataDirectory: string;
  readonly url: string;
  log(): string;
  /** Starts the server and waits until it takes writes. False: the server ended instead. */
  open(): Promise<boolean>;
  /** False: the server ended instead of getting ready, be it for reading only. */
  start(): Promise<boolean>;
  stop(): Promise<void>;
}

/** Where a backup can be restored to and its server started; gone at the end, however this process ends. */
export async function restorePlace(major: number, binaries = findBinaries(major)): Promise<RestorePlace> {
  const directory = mkdtempSync(join(tmpdir(), "skytools-pg-"));
  const reaper = startReaper(directory, "remove");
  const owner = serverOwner();
  const data = join(directory, "data");
  mkdirSync(data, { mode: 0o700 });
  giveTo(owner, directory, data);
  const logFile = join(directory, "server.log");
  const reachable = reachableBinaries(binaries, directory, owner);
  const server = new ServerProcess({ binaries: reachable, data, logFile, owner, cwd: directory });
  const port = await freePort();
  const url = `postgresql://postgres@127.0.0.1:${port}/postgres`;
  return {
    dataDirectory: data,
    url,
    async open() {
      if (!(await server.start(port))) return false;
      const isOpen = () => queryAt<{ r: boolean }>(url, "select not pg_is_in_recovery() as r").then(([row]) => row?.r);
      await until(() => isOpen().catch(() => false), { timeoutMs: 300_000, what: "end of recovery" });
      return true;
    },
    log: () => readIfThere(logFile),
    start: () => server.start(port),
    stop: () => server.halt("fast"),
    async [Symbol.asyncDispose]() {
      if (server.isRunning) await server.halt("immediate");
      await endReaper(reaper);
    },
  };
}

/** Restores the newest backup; the server is not started. */
export function restoreTo(
  { repository, restoreCommand }: Pick<TestRepository, "repository" | "restoreCommand">,
  { dataDirectory }: Pick<RestorePlace, "dataDirectory">,
  more: Partial<RestoreRequest> = {},
): Promise<RestoreResult> {
  const ourUid = process.getuid?.() ?? null;
  return restore({ repository, dataDirectory, restoreCommand, ourUid, clock: systemClock, ...more });
}
