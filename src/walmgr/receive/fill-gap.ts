// Missing WAL from elsewhere: a repository that archive_command fills, or another server of the same cluster.
import type { MonotonicClock } from "../../clock/index.ts";
import type { Logger } from "../../service/index.ts";
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
  readonly repositories: readonly StoreRepository[];
  readonly sources: readonly OpenReplication[];
  readonly signal: AbortSignal;
  readonly clock: MonotonicClock;
  readonly log: Logger;
  readonly writer: () => WalWriter;
}

/** How far it got: behind the last segment of an unbroken row. */
export async function fillGap(options: FillGapOptions): Promise<WalPosition> {
  const { missing, sources, log } = options;
  const stored = await skipStored(options);
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

async function skipStored({ missing, segmentBytes, repositories, log }: FillGapOptions): Promise<WalPosition> {
  let { lsn } = missing;
  for (;;) {
    const name = segmentName({ timeline: missing.timeline, number: segmentOf(lsn, segmentBytes) }, segmentBytes);
    const isStored = await anyHas(repositories, name, log);
    if (!isStored) return { timeline: missing.timeline, lsn };
    lsn += BigInt(segmentBytes);
  }
}

async function anyHas(repositories: readonly StoreRepository[], name: string, log: Logger): Promise<boolean> {
  for (const { wal, description } of repositories) {
    try {
      if ((await wal.find(name)) !== null) return true;
    } catch (error) {
      log.warn({ error, repository: description }, "cannot look for missing WAL");
    }
  }
  return false;
}

async function fromSource(open: OpenReplication, options: FillGapOptions): Promise<WalPosition> {
  const { missing, segmentBytes, clock, signal, log } = options;
  await using connection = await open(signal);
  const { flushLsn } = await askServer(connection);
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
