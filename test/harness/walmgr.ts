// A receiver in this process, and comparing what it stored with the server's own files.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { systemClock } from "../../src/clock/index.ts";
import { connect, type Connection, connectReplication } from "../../src/postgres/index.ts";
import { silentLogger } from "../../src/service/index.ts";
import type { Cluster } from "../../src/testing/index.ts";
import { giveTo, serverOwner } from "../../src/testing/server-process.ts";
import {
  DirectoryStore,
  layouts,
  openRepository,
  parseLsn,
  Receiver,
  type ReceiverOptions,
  type StoreRepository,
} from "../../src/walmgr/index.ts";
import { until } from "./until.ts";

export interface RunningReceiver {
  readonly receiver: Receiver;
  readonly repository: StoreRepository;
  /** Stops it and gives what run() gave. */
  stop(): Promise<void>;
}

export function localRepository(path: string): StoreRepository {
  return openRepository({ store: new DirectoryStore(path), clock: systemClock });
}

export function receiverFor(
  url: string,
  path: string,
  options: Partial<ReceiverOptions> = {},
): { readonly receiver: Receiver; readonly repository: StoreRepository } {
  const repository = localRepository(path);
  const receiver = new Receiver({
    connect: (signal) => connectReplication(url, { env: {}, signal, applicationName: "walmgr_test" }),
    local: repository,
    localStore: new DirectoryStore(path),
    layout: layouts.standard,
    repositories: [repository],
    slot: "walmgr_test",
    isSynchronous: false,
    clock: systemClock,
    log: silentLogger,
    ...options,
  });
  return { receiver, repository };
}

export function startReceiver(url: string, path: string, options: Partial<ReceiverOptions> = {}): RunningReceiver {
  const made = receiverFor(url, path, options);
  const stop = new AbortController();
  const run = made.receiver.run(stop.signal);
  run.catch(() => undefined);
  return {
    ...made,
    async stop() {
      stop.abort();
      await run;
    },
  };
}

export function openDatabase(cluster: Cluster): Promise<Connection> {
  return connect(cluster.url(), { env: {} });
}

/** End of the server's WAL. */
export async function currentLsn(db: Connection): Promise<bigint> {
  // The test servers commit asynchronously; a commit that waits for the disk takes all earlier ones with it.
  await db.execute(`begin; set local synchronous_commit = local;
    select pg_logical_emit_message(true, 'test', ''); commit`);
  const { lsn } = await db.one<{ lsn: string }>("select pg_current_wal_flush_lsn()::text as lsn");
  return parseLsn(lsn);
}

/** Begins a new segment, and gives the name of the one that is complete now. */
export async function switchWal(db: Connection): Promise<string> {
  await db.execute("create table if not exists walmgr_switch (n int); insert into walmgr_switch values (1)");
  const { name } = await db.one<{ name: string }>("select pg_walfile_name(pg_switch_wal()) as name");
  await db.execute("insert into walmgr_switch values (1); checkpoint");
  return name;
}

export async function untilFlushed({ receiver }: RunningReceiver, lsn: bigint): Promise<void> {
  await until(() => receiver.state.flushedLsn >= lsn, { timeoutMs: 30_000, what: "receiver has everything" });
}

export async function untilStored({ wal }: StoreRepository, name: string): Promise<void> {
  await until(async () => (await wal.find(name).catch(() => null)) !== null, {
    timeoutMs: 30_000,
    what: `${name} is stored`,
  });
}

export async function readSegment({ wal }: StoreRepository, name: string): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of await wal.getSegment(name)) pieces.push(piece);
  return Buffer.concat(pieces);
}

/** The server recovers to the end of its WAL and goes on, on a timeline of its own. It needs a restore_command. */
export async function promoteAgain(cluster: Cluster): Promise<void> {
  await cluster.halt("fast");
  const signal = join(cluster.dataDirectory, "recovery.signal");
  writeFileSync(signal, "");
  giveTo(serverOwner(), signal);
  await cluster.start();
}

/** Names of complete segments that both have, and of those that differ. */
export async function compareWithServer(
  repository: StoreRepository,
  dataDirectory: string,
): Promise<{ readonly same: string[]; readonly different: string[] }> {
  const onServer = new Set(readdirSync(join(dataDirectory, "pg_wal")));
  const result = { same: [] as string[], different: [] as string[] };
  for await (const { name } of repository.wal.segments()) {
    if (!onServer.has(name)) continue;
    const isSame = readFileSync(join(dataDirectory, "pg_wal", name)).equals(await readSegment(repository, name));
    (isSame ? result.same : result.different).push(name);
  }
  return result;
}

/** Whether the numbers of a timeline's segments follow each other. */
export async function isContiguous({ wal }: StoreRepository, timeline: number): Promise<boolean> {
  const numbers: bigint[] = [];
  for await (const { number } of wal.segments(timeline)) numbers.push(number);
  return numbers.every((number, i) => i === 0 || number === numbers[i - 1]! + 1n);
}
