// The header of a WAL page, as far as it tells which segment of which cluster this is.
import { SkytoolsError } from "../../errors/index.ts";
import { formatLsn, type Lsn } from "./lsn.ts";
import { isSegmentSize, parseSegmentName, segmentStart } from "./segment.ts";

export interface WalPageHeader {
  readonly magic: number;
  readonly timeline: number;
  readonly pageLsn: Lsn;
  /** Bytes of a record of an earlier page that come first. */
  readonly remainingBytes: number;
  /** Only at the start of a segment. */
  readonly long: {
    readonly systemId: bigint;
    readonly segmentBytes: number;
    readonly blockBytes: number;
  } | null;
}

/** By major version of the server. */
export const walMagic: Readonly<Record<number, number>> = {
  14: 0xd10d,
  15: 0xd110,
  16: 0xd113,
  17: 0xd116,
  18: 0xd118,
};

export const LONG_HEADER_BYTES = 40;
const LONG_HEADER_FLAG = 0x0002;

/** Takes the first 40 bytes of a page. @throws WAL_INVALID when there are fewer */
export function parseWalPageHeader(page: Buffer): WalPageHeader {
  if (page.length < LONG_HEADER_BYTES) throw new SkytoolsError("WAL_INVALID", "the file is too short for WAL");
  const isLong = (page.readUInt16LE(2) & LONG_HEADER_FLAG) !== 0;
  return {
    magic: page.readUInt16LE(0),
    timeline: page.readUInt32LE(4),
    pageLsn: page.readBigUInt64LE(8),
    remainingBytes: page.readUInt32LE(16),
    long: isLong
      ? {
          systemId: page.readBigUInt64LE(24),
          segmentBytes: page.readUInt32LE(32),
          blockBytes: page.readUInt32LE(36),
        }
      : null,
  };
}

/** What is known of the cluster; what is not is not checked. */
export interface ExpectedWal {
  readonly systemId: bigint | null;
  readonly segmentBytes: number | null;
  readonly major: number | null;
}

/** Looks whether these are the first bytes of the segment of that name, and of that cluster. @throws WAL_INVALID */
export function checkSegmentHeader(name: string, firstBytes: Buffer, expected: ExpectedWal): WalPageHeader {
  const header = parseWalPageHeader(firstBytes);
  const problem = problemOf(name, header, expected);
  if (problem !== null) {
    throw new SkytoolsError("WAL_INVALID", `${name} is not what its name says: ${problem}`, {
      details: { name, problem },
    });
  }
  return header;
}

function problemOf(name: string, header: WalPageHeader, expected: ExpectedWal): string | null {
  const { magic, timeline, pageLsn, long } = header;
  const known = Object.values(walMagic);
  const wanted = expected.major === null ? undefined : walMagic[expected.major];
  if (wanted === undefined ? !known.includes(magic) : magic !== wanted) {
    return `its magic number ${magic.toString(16).toUpperCase()} is not that of ${versionText(expected.major)}`;
  }
  if (long === null) return "it does not begin with the header of a segment";
  if (!isSegmentSize(long.segmentBytes)) return `its header says segments of ${long.segmentBytes} bytes`;
  if (expected.systemId !== null && long.systemId !== expected.systemId) {
    return `it is of the cluster with system identifier ${long.systemId}, not ${expected.systemId}`;
  }
  if (expected.segmentBytes !== null && long.segmentBytes !== expected.segmentBytes) {
    return `segments of its cluster have ${long.segmentBytes} bytes, not ${expected.segmentBytes}`;
  }
  const segment = parseSegmentName(name, long.segmentBytes);
  const start = segmentStart(segment.number, long.segmentBytes);
  if (pageLsn !== start) return `it holds the WAL from ${formatLsn(pageLsn)} on`;
  // A segment in which a timeline begins carries the pages of the older one in front.
  if (timeline > segment.timeline) return `it is of timeline ${timeline}`;
  return null;
}

function versionText(major: number | null): string {
  return major === null ? "any known version of PostgreSQL" : `PostgreSQL ${major}`;
}
