// Missing WAL from elsewhere: a repository that archive_command fills, or another server of the same cluster.
import type { MonotonicClock } from "../../clock/index.ts";
import { SkytoolsError } from "../../errors/index.ts";
import type { Logger } from "../../service/index.ts";
import { readAll } from "../codec/index.ts";
import { formatLsn, segmentName, segmentOf } from "../formats/index.ts";
import type { StoreRepository } from "../repository/index.ts";
import type { WalPosition } from "./receive-area.ts";
import { askServer, type OpenReplication } from "./server.ts";
import { roundDown } from "./start-position.ts";
import { streamWal } from "./stream.ts";
import type { WalWriter } from "./wal-writer.ts";

export interface FillGapOptions {
  readonly missing: WalPosition;
  readonly segmentBytes: number;
  readonly systemId: bigint;
  readonly repositories: readonly StoreRepository[];
  readonly sources: readonly OpenReplication[];
  readonly signal: AbortSignal;
  readonly clock: MonotonicClock;
  readonly log: Logger;
  readonly writer: () => WalWriter;
}

/** How far it got: behind the last segment of an unbroken row, each of which all repositories have or get. */
export async function fillGap(options: FillGapOptions): Promise<WalPosition> {
  const { missing, sources, log } = options;
  const stored = await fromRepositories(options);
  if (stored.lsn > missing.lsn) return stored;
  for (const open of sources) {
    try {
      const reached = await fromSource(open, options);
      if (reached.lsn > missing.lsn) return reached;
    } catch (error) {
      log.warn({ error }, "another source does not have the missing WAL either");
    }
  }
  return missing;
}

async function fromRepositories(options: FillGapOptions): Promise<WalPosition> {
  const { missing, segmentBytes, repositories } = options;
  const { timeline } = missing;
  for (let { lsn } = missing; ; lsn += BigInt(segmentBytes)) {
    const name = segmentName({ timeline, number: segmentOf(lsn, segmentBytes) }, segmentBytes);
    const holders = await holdersOf(name, options);
    const isEverywhere = holders.length === repositories.length;
    if (holders.length === 0 || (!isEverywhere && !(await copy(name, { timeline, lsn }, holders, options)))) {
      return { timeline, lsn };
    }
  }
}

/** One that cannot be asked counts as one that lacks it. */
async function holdersOf(name: string, { repositories, log }: FillGapOptions): Promise<readonly StoreRepository[]> {
  const holders: StoreRepository[] = [];
  for (const repository of repositories) {
    try {
      if ((await repository.wal.find(name)) !== null) holders.push(repository);
    } catch (error) {
      log.warn({ error, repository: repository.description }, "cannot look for missing WAL");
    }
  }
  return holders;
}

/** Comes in as if it had been received, and goes to all. */
async function copy(
  name: string,
  at: WalPosition,
  holders: readonly StoreRepository[],
  { writer: makeWriter, log }: FillGapOptions,
): Promise<boolean> {
  for (const { wal, description } of holders) {
    const writer = makeWriter();
    try {
      const data = await readAll(await wal.getSegment(name));
      writer.begin(at);
      await writer.write([{ kind: "wal", startLsn: at.lsn, data }]);
      return true;
    } catch (error) {
      log.warn({ error, repository: description, name }, "cannot read missing WAL");
    } finally {
      await writer.close();
    }
  }
  return false;
}

async function fromSource(open: OpenReplication, options: FillGapOptions): Promise<WalPosition> {
  const { missing, segmentBytes, clock, signal, log } = options;
  await using connection = await open(signal);
  const { flushLsn, systemId } = await askServer(connection);
  if (systemId !== options.systemId) {
    throw new SkytoolsError("REPOSITORY_FOREIGN", `it is of the cluster ${systemId}, not of ${options.systemId}`);
  }
  const until = roundDown(flushLsn, segmentBytes);
  if (until <= missing.lsn) return missing;
  const writer = options.writer();
  try {
    const fixed = { slot: null, isSynchronous: false, reportsApplied: false, onProgress: (): void => undefined };
    const intervals = { statusIntervalMs: 10_000, flushIntervalMs: 10_000, timeoutMs: 60_000 };
    await streamWal({ connection, writer, start: missing, until, clock, signal, ...fixed, ...intervals });
  } finally {
    await writer.close();
  }
  const reached = { timeline: missing.timeline, lsn: roundDown(writer.writtenLsn, segmentBytes) };
  log.info({ from: formatLsn(missing.lsn), to: formatLsn(reached.lsn) }, "missing WAL came from another source");
  return reached;
}
