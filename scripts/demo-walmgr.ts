// npm run demo:walmgr: a server under load is backed up, killed, and its disk deleted. What comes back from the repository must
// hold every transaction that was acknowledged. The status says whether it does.
import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import { systemClock } from "../src/clock/index.ts";
import { connectReplication } from "../src/postgres/index.ts";
import { silentLogger } from "../src/service/index.ts";
import { findBinaries } from "../src/testing/binaries.ts";
import { type Cluster, startCluster } from "../src/testing/index.ts";
import { giveTo, reachableBinaries, serverOwner } from "../src/testing/server-process.ts";
import { takeBackup } from "../src/walmgr/backup/index.ts";
import { Receiver } from "../src/walmgr/receive/index.ts";
import { layouts, openRepository } from "../src/walmgr/repository/index.ts";
import { restore, runServer } from "../src/walmgr/restore/index.ts";
import { DirectoryStore } from "../src/walmgr/store/index.ts";

const WRITERS = 4;
const LOAD_MS = 5_000;
const RECEIVER = "walmgr_archive";

const say = (text: string): void => void process.stdout.write(`${text}\n`);

/** Inserts numbers until the server is gone; returns those whose commit was acknowledged. */
async function write(cluster: Cluster, writer: number, acknowledged: number[]): Promise<void> {
  const client = new pg.Client(cluster.url());
  client.on("error", () => undefined);
  await client.connect();
  try {
    for (let i = writer; ; i += WRITERS) {
      await client.query("insert into paid (id) values ($1)", [i]);
      acknowledged.push(i);
    }
  } catch {
    await client.end().catch(() => undefined); // the server was killed
  }
}

async function query<R extends pg.QueryResultRow>(url: string, sql: string): Promise<R[]> {
  const client = new pg.Client(url);
  await client.connect();
  try {
    return (await client.query<R>(sql)).rows;
  } finally {
    await client.end();
  }
}

async function main(): Promise<boolean> {
  const folder = mkdtempSync(join(tmpdir(), "walmgr-demo-"));
  chmodSync(folder, 0o755);
  await using cluster = await startCluster({ durable: true });
  say(`a server of PostgreSQL ${cluster.major} runs, with ${WRITERS} writers`);
  await query(cluster.url(), "create table paid (id int primary key)");

  const repositoryPath = join(folder, "repository");
  const store = new DirectoryStore(repositoryPath, { folderMode: 0o755, fileMode: 0o644 });
  const repository = openRepository({ store, clock: systemClock });
  const connect = () => connectReplication(cluster.url(), { env: {}, applicationName: RECEIVER });
  const stop = new AbortController();
  const receiver = new Receiver({
    ...{ connect, sources: [], local: repository, localStore: store, layout: layouts.standard },
    ...{ repositories: [repository], slot: "walmgr_demo", isSynchronous: true, reportsApplied: false },
    ...{ statusIntervalMs: 10_000, flushIntervalMs: 5_000, timeoutMs: 60_000, clock: systemClock, log: silentLogger },
  });
  const receiving = receiver.run(stop.signal);
  while (!receiver.state.isConnected) await delay(50);
  await query(cluster.url(), `alter system set synchronous_standby_names = '${RECEIVER}'`);
  await query(cluster.url(), "select pg_reload_conf()");
  say("WAL is received synchronously: a commit waits until it is on the receiver's disk");

  const acknowledged: number[] = [];
  const writers = Array.from({ length: WRITERS }, (_, i) => write(cluster, i, acknowledged));
  const backup = { repositories: [repository], connect, type: "full", coding: { compression: "gzip" } } as const;
  const { backup: taken } = await takeBackup({ ...backup, wal: "wait", clock: systemClock });
  say(`backup ${taken.set}: ${taken.fileCount} files, ${taken.plainBytes} bytes, stored in ${taken.storedBytes}`);
  const atBackup = acknowledged.length;
  await delay(LOAD_MS);

  const [pid] = readFileSync(join(cluster.dataDirectory, "postmaster.pid"), "utf8").split("\n");
  process.kill(Number(pid), "SIGKILL");
  await Promise.all(writers);
  rmSync(cluster.dataDirectory, { recursive: true, force: true });
  say(
    `the server was killed and its disk deleted; ${acknowledged.length} commits had been acknowledged, ${acknowledged.length - atBackup} of them after the backup`,
  );
  stop.abort();
  await receiving;

  const place = mkdtempSync(join(tmpdir(), "walmgr-demo-restored-"));
  const owner = serverOwner();
  const data = join(place, "data");
  mkdirSync(data, { mode: 0o700 });
  giveTo(owner, place, data);
  const wal = `for f in ${repositoryPath}/wal/*/*/%f ${repositoryPath}/wal/history/%f ${repositoryPath}/wal/*/*/%f.partial; do [ -f "$f" ] && exec cp "$f" "%p"; done; exit 1`;
  const restored = await restore({
    ...{ repository, dataDirectory: data, restoreCommand: wal, ourUid: process.getuid?.() ?? null, clock: systemClock },
  });
  say(`restored ${restored.set}: ${restored.writtenFiles} files; recovery runs`);
  if (owner.uid !== undefined) execFileSync("chmod", ["-R", "a+rX", repositoryPath]);
  const binaries = reachableBinaries(findBinaries(cluster.major), place, owner);
  const missing = await countMissing(place, data, join(binaries, "bin"), acknowledged);
  say(missing === 0 ? `all ${acknowledged.length} acknowledged commits are there` : `LOST: ${missing} commits`);
  rmSync(place, { recursive: true, force: true });
  rmSync(folder, { recursive: true, force: true });
  return missing === 0;
}

async function countMissing(
  place: string,
  data: string,
  bin: string,
  acknowledged: readonly number[],
): Promise<number> {
  await using server = await runServer({
    ...{ dataDirectory: data, binDirectory: bin, socketDirectory: place, port: 5432, user: "postgres" },
    ...{ timeoutMs: 120_000, clock: systemClock },
  });
  await using db = await server.connect();
  const rows = await db.query<{ id: number }>("select id from paid");
  const there = new Set(rows.map(({ id }) => id));
  return acknowledged.filter((id) => !there.has(id)).length;
}

process.exitCode = (await main()) ? 0 : 1;
