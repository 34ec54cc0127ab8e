// How far the WAL of the primary goes that repositories have, on the way on which a standby is. WAL of timelines that
// were left does not count.
import { type Connection, PostgresError, sqlstate } from "../../postgres/index.ts";
import {
  forkOf,
  type HistoryEntry,
  type Lsn,
  parseHistory,
  parseSegmentName,
  segmentBefore,
  segmentName,
  segmentStart,
  WalWalker,
} from "../formats/index.ts";
import type { Repository, WalArchive } from "../repository/index.ts";
import type { Spool } from "../spool/index.ts";
import { standbyLsn } from "./promote.ts";

/** A timeline on the way, and where it is left for the next one. */
interface Part {
  readonly timeline: number;
  readonly endLsn: Lsn | null;
}

const PAGE = 8192n;

/** What a standby has. */
export interface StandbyPlace {
  readonly timeline: number;
  readonly lsn: Lsn;
}

/** `spools`: of the repository, where it is on this computer. End of the last whole record; null: nothing of it is stored. @throws STORE_FAILED, REPOSITORY_DAMAGED */
export async function knownEnd(
  repository: Repository,
  place: StandbyPlace,
  spools: readonly Spool[] = [],
): Promise<Lsn | null> {
  const identity = await repository.identity();
  if (identity === null) return null;
  const { wal } = repository;
  let best: Lsn | null = null;
  for (const { timeline, endLsn } of await wayOn(wal, place)) {
    const end = await storedEnd(wal, spools, timeline, identity.segmentBytes);
    if (end === null) continue;
    const counts = endLsn !== null && endLsn < end ? endLsn : end;
    if (best === null || counts > best) best = counts;
  }
  return best;
}

export async function standbyPlace(standby: Connection): Promise<StandbyPlace> {
  const lsn = await standbyLsn(standby);
  const { timeline, size } = await standby.one<{ timeline: number; size: number }>(
    `select greatest((select timeline_id from pg_catalog.pg_control_checkpoint()),
                     (select min_recovery_end_timeline from pg_catalog.pg_control_recovery())) as timeline,
            (select setting::int from pg_catalog.pg_settings where name = 'wal_segment_size') as size`,
  );
  return { timeline: Math.max(timeline, await timelineOfFiles(standby, lsn, size)), lsn };
}

/** The control file learns of a new timeline late; the segment that is read now is of the right one. 0: not known. */
async function timelineOfFiles(standby: Connection, lsn: Lsn, segmentBytes: number): Promise<number> {
  const suffix = segmentName({ timeline: 1, number: segmentBefore(lsn, segmentBytes) }, segmentBytes).slice(8);
  try {
    const { timeline } = await standby.one<{ timeline: number }>(
      `select coalesce(max(('x' || substr(name, 1, 8))::bit(32)::int), 0) as timeline from pg_catalog.pg_ls_waldir()
        where name ~ '^[0-9A-F]{24}$' and substr(name, 9) = $1`,
      [suffix],
    );
    return timeline;
  } catch (error) {
    if (error instanceof PostgresError && error.sqlstate === sqlstate.insufficientPrivilege) return 0;
    throw error;
  }
}

/** From the standby's timeline to the newest that it can come to: recovery goes there. */
async function wayOn(wal: WalArchive, { timeline, lsn }: StandbyPlace): Promise<readonly Part[]> {
  for (const newer of [...(await wal.histories())].sort((a, b) => b - a)) {
    const history = newer > timeline ? parseHistory((await wal.history(newer)) ?? "") : [];
    const fork = forkOf(history, timeline);
    if (fork !== null && fork >= lsn) return partsOf(history, timeline, newer);
  }
  return [{ timeline, endLsn: null }];
}

function partsOf(history: readonly HistoryEntry[], from: number, to: number): readonly Part[] {
  const left = history.filter(({ timeline }) => timeline >= from);
  return [...left.map(({ timeline, switchLsn }) => ({ timeline, endLsn: switchLsn })), { timeline: to, endLsn: null }];
}

interface WholeSegment {
  readonly number: bigint;
  readonly read: () => Promise<AsyncIterable<Uint8Array>> | AsyncIterable<Uint8Array>;
}

/** In order; one that is both stored and spooled may come twice. */
async function wholeSegments(
  wal: WalArchive,
  spools: readonly Spool[],
  timeline: number,
  segmentBytes: number,
): Promise<WholeSegment[]> {
  const segments: WholeSegment[] = [];
  for (const spool of spools) {
    for (const name of await spool.segments()) {
      const segment = parseSegmentName(name, segmentBytes);
      if (segment.timeline === timeline) segments.push({ number: segment.number, read: () => spool.read(name) });
    }
  }
  for await (const { name, number } of wal.segments(timeline)) {
    segments.push({ number, read: () => wal.getSegment(name) });
  }
  return segments.sort((a, b) => Number(a.number - b.number));
}

async function storedEnd(
  wal: WalArchive,
  spools: readonly Spool[],
  timeline: number,
  segmentBytes: number,
): Promise<Lsn | null> {
  const segments = await wholeSegments(wal, spools, timeline, segmentBytes);
  const partials = (await wal.partials()).filter((one) => one.timeline === timeline);
  const newest = segments.at(-1)?.number ?? -1n;
  for (const { name, number, flushedLsn } of partials.sort((a, b) => (a.number > b.number ? -1 : 1))) {
    if (number <= newest) break;
    const start = segmentStart(number, segmentBytes);
    const end = await lastRecord(await wal.getPartial(name), start, flushedLsn);
    if (end !== null) return end;
  }
  // A record may fill a whole segment and more.
  for (const { number, read } of segments.reverse()) {
    const start = segmentStart(number, segmentBytes);
    const end = await lastRecord(await read(), start, start + BigInt(segmentBytes));
    if (end !== null) return end;
  }
  return null;
}

/** Nobody can replay a record of which only the beginning is there. */
async function lastRecord(bytes: AsyncIterable<Uint8Array>, startLsn: Lsn, endLsn: Lsn): Promise<Lsn | null> {
  const walker = new WalWalker({ startLsn });
  let left = Number(endLsn - startLsn);
  for await (const piece of bytes) {
    if (left <= 0 || walker.isOver) break;
    walker.push(piece.subarray(0, left));
    left -= Math.min(left, piece.length);
  }
  walker.push(new Uint8Array(Number((PAGE - (endLsn % PAGE)) % PAGE)));
  return walker.findings.endLsn;
}
