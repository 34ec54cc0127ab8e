// The WAL of a server that is down, from its data directory: what it wrote last is in no archive yet.
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { reasonOf, SkytoolsError } from "../../errors/index.ts";
import {
  checkSegmentHeader,
  type Lsn,
  parseControl,
  parseSegmentName,
  parseWalFileName,
  segmentName,
  segmentOf,
  segmentStart,
  walMagic,
  WalWalker,
} from "../formats/index.ts";
import type { ClusterFacts, StoreRepository } from "../repository/index.ts";
import type { WalPosition } from "./receive-area.ts";

export interface CopyWalOptions {
  readonly dataDirectory: string;
  readonly repositories: readonly StoreRepository[];
  /** Where begun segments are, for the receiver too. */
  readonly local: StoreRepository;
  /** Ends it between two segments. */
  readonly signal?: AbortSignal;
}

interface Segment {
  readonly name: string;
  readonly timeline: number;
  readonly number: bigint;
  readonly bytes: Buffer;
}

/** Header of a record; one of a switch is no longer. */
const RECORD_HEADER = 24;
const LONG_PAGE_HEADER = 40;

/**
 * Complete segments, histories, and the last segment as a begun one, up to its last whole record. Returns that end. The server
 * must not run. @throws STORE_FAILED when it cannot be read, REPOSITORY_FOREIGN, WAL_DIFFERS, WAL_INVALID, ABORTED
 */
export async function copyWal(options: CopyWalOptions): Promise<WalPosition> {
  const { dataDirectory, repositories, local } = options;
  const folder = join(dataDirectory, "pg_wal");
  const control = parseControl(await read(join(dataDirectory, "global", "pg_control")));
  const { systemId, segmentBytes } = control;
  const names = await readdir(folder).catch((cause: unknown) => {
    throw new SkytoolsError("STORE_FAILED", `${folder} cannot be read: ${reasonOf(cause)}`, { cause });
  });
  const files = new PgWal(folder, newestOf(names, segmentBytes), { systemId, segmentBytes });
  const redo = segmentOf(control.redoLsn, segmentBytes);
  const first = await files.segment(redo);
  if (first === null) throw new SkytoolsError("WAL_INVALID", `${folder} lacks the segment of the last checkpoint`);
  const facts: ClusterFacts = { systemId, segmentBytes, major: majorOf(first.bytes) };
  const all = [...new Set([local, ...repositories])];
  for (const repository of all) await repository.enroll(facts);

  for (const name of names.filter((one) => parseWalFileName(one)?.kind === "history")) {
    const bytes = await read(join(folder, name));
    for (const { wal } of repositories) await wal.putOther(name, bytes);
  }
  for (const number of files.numbers.filter((one) => one < redo)) {
    const segment = await files.segment(number);
    if (segment !== null) await putSegment(options, segment);
  }
  const { last, endLsn: recordEnd } = await copyFrom(first, files, options);
  // As the server counts: the next record begins there.
  const endLsn = (recordEnd + 7n) & ~7n;
  await putBegun(last, endLsn, { segmentBytes, repositories: all });
  return { timeline: last.timeline, lsn: endLsn };
}

/** From the last checkpoint on every record is checked: what lies behind the end was never WAL, or is not any more. */
async function copyFrom(
  first: Segment,
  files: PgWal,
  options: CopyWalOptions,
): Promise<{ readonly last: Segment; readonly endLsn: Lsn }> {
  let walker = new WalWalker({ startLsn: files.startOf(first), isStrict: true });
  let segment = first;
  walker.push(segment.bytes);
  for (;;) {
    const next = await files.segment(segment.number + 1n);
    const endLsn = walker.findings.endLsn ?? files.startOf(segment);
    if (next === null) return { last: segment, endLsn };
    if (walker.isOver) {
      if (!followsSwitch(next, endLsn)) return { last: segment, endLsn };
      walker = new WalWalker({ startLsn: files.startOf(next), isStrict: true });
    }
    walker.push(next.bytes);
    const reached = walker.findings.endLsn ?? 0n;
    if (walker.isOver && reached <= files.startOf(next)) return { last: segment, endLsn };
    await putSegment(options, segment);
    segment = next;
  }
}

/** The first record of a segment names the one before it: the switch that filled up the last segment. */
function followsSwitch({ bytes }: Segment, endLsn: Lsn): boolean {
  return bytes.readBigUInt64LE(LONG_PAGE_HEADER + 8) === endLsn - BigInt(RECORD_HEADER);
}

async function putSegment(
  { repositories, signal }: CopyWalOptions,
  { name, bytes }: Pick<Segment, "name" | "bytes">,
): Promise<void> {
  if (signal?.aborted === true) throw new SkytoolsError("ABORTED", "stopped by a signal while WAL was copied");
  for (const { wal } of repositories) await wal.putSegment(name, () => [bytes]);
}

async function putBegun(
  { name, number, bytes }: Segment,
  endLsn: Lsn,
  { segmentBytes, repositories }: { readonly segmentBytes: number; readonly repositories: readonly StoreRepository[] },
): Promise<void> {
  const length = Number(endLsn - segmentStart(number, segmentBytes));
  if (length <= 0) return;
  bytes.fill(0, length);
  for (const { wal } of repositories) {
    if ((await wal.find(name)) !== null) continue;
    const begun = (await wal.partials()).find((one) => one.name === name);
    // What the receiver has of it may end inside of a record.
    if (begun !== undefined && begun.flushedLsn >= endLsn) continue;
    await wal.putPartial(name, bytes, { writtenLsn: endLsn, flushedLsn: endLsn });
  }
}

/** The segments of a directory. One of several timelines is the newest one's, as for the server. */
class PgWal {
  readonly segmentBytes: number;
  readonly #folder: string;
  readonly #timelines: ReadonlyMap<bigint, number>;
  readonly #systemId: bigint;

  constructor(
    folder: string,
    timelines: ReadonlyMap<bigint, number>,
    { systemId, segmentBytes }: Pick<ClusterFacts, "systemId" | "segmentBytes">,
  ) {
    this.#folder = folder;
    this.#timelines = timelines;
    this.#systemId = systemId;
    this.segmentBytes = segmentBytes;
  }

  get numbers(): readonly bigint[] {
    return [...this.#timelines.keys()].sort((a, b) => (a < b ? -1 : 1));
  }

  startOf({ number }: Pick<Segment, "number">): Lsn {
    return segmentStart(number, this.segmentBytes);
  }

  /** Null: there is none, or the file waits to become it and holds something else. */
  async segment(number: bigint): Promise<Segment | null> {
    const timeline = this.#timelines.get(number);
    if (timeline === undefined) return null;
    const { segmentBytes } = this;
    const name = segmentName({ timeline, number }, segmentBytes);
    const bytes = await read(join(this.#folder, name));
    if (bytes.length !== segmentBytes) return null;
    try {
      checkSegmentHeader(name, bytes, { systemId: this.#systemId, segmentBytes, major: null });
    } catch {
      return null;
    }
    return { name, timeline, number, bytes };
  }
}

function newestOf(names: readonly string[], segmentBytes: number): ReadonlyMap<bigint, number> {
  const newest = new Map<bigint, number>();
  for (const name of names) {
    if (parseWalFileName(name)?.kind !== "segment") continue;
    const { timeline, number } = parseSegmentName(name, segmentBytes);
    if (timeline > (newest.get(number) ?? 0)) newest.set(number, timeline);
  }
  return newest;
}

function majorOf(bytes: Buffer): number {
  const magic = bytes.readUInt16LE(0);
  return Number(Object.entries(walMagic).find(([, value]) => value === magic)?.[0]);
}

async function read(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw new SkytoolsError("STORE_FAILED", `${path} cannot be read: ${reasonOf(cause)}`, { cause });
  }
}
