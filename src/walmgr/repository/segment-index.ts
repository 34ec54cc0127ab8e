// What is known of the contents of a segment: commits and restore points. It is made while the segment is stored, and
// recorded beside it, so that nobody has to read all WAL to know which moments can be reached.
import {
  type Commit,
  formatLsn,
  formatMoment,
  isOfInterest,
  LONG_HEADER_BYTES,
  parseLsn,
  parseMoment,
  type RestorePoint,
  WalWalker,
} from "../formats/index.ts";
import type { StoreBody } from "../store/index.ts";

export interface SegmentIndex {
  readonly firstCommit: Commit | null;
  readonly lastCommit: Commit | null;
  readonly restorePoints: readonly RestorePoint[];
  /** The beginning of a record that the next segment goes on with. */
  readonly tail: { readonly bytes: Buffer; readonly missing: number } | null;
  /** The end of a record of the segment before, of any kind: in the record of an encrypted segment it is encrypted too. */
  readonly lead: Buffer | null;
}

/** The same bytes; the walker sees them. */
export async function* walked(body: StoreBody, walker: WalWalker): AsyncGenerator<Uint8Array> {
  for await (const piece of body) {
    walker.push(piece);
    yield piece;
  }
}

export function indexOf(walker: WalWalker): SegmentIndex {
  const { firstCommit, lastCommit, restorePoints } = walker.findings;
  const { cut, lead } = walker;
  // Records of other kinds are of no use, most are cut, and they hold rows.
  const tail = cut !== null && (cut.bytes.length < 18 || isOfInterest(cut.bytes)) ? cut : null;
  return { firstCommit, lastCommit, restorePoints, tail, lead };
}

/** What the record that was cut between two segments says, if it is one that counts. */
export function joinCut(before: SegmentIndex, after: SegmentIndex, startLsn: bigint): WalWalker["findings"] | null {
  const { tail } = before;
  const { lead } = after;
  if (tail === null || lead === null || lead.length !== tail.missing) return null;
  const walker = new WalWalker({ startLsn });
  walker.note(Buffer.concat([tail.bytes, lead]), startLsn + BigInt(LONG_HEADER_BYTES + lead.length));
  return walker.findings;
}

export type IndexText = Readonly<Record<string, unknown>>;

/** As it stands in the record of a segment; empty parts are left out. */
export function formatIndex({ firstCommit, lastCommit, restorePoints, tail, lead }: SegmentIndex): IndexText {
  return {
    ...(firstCommit === null ? {} : { firstCommit: commitText(firstCommit) }),
    ...(lastCommit === null ? {} : { lastCommit: commitText(lastCommit) }),
    ...(restorePoints.length === 0 ? {} : { restorePoints: restorePoints.map(pointText) }),
    ...(tail === null ? {} : { tail: tail.bytes.toString("hex"), missing: tail.missing }),
    ...(lead === null ? {} : { lead: lead.toString("hex") }),
  };
}

/** Null when it is none. */
export function parseIndex(value: unknown): SegmentIndex | null {
  if (typeof value !== "object" || value === null) return null;
  const { firstCommit, lastCommit, restorePoints, tail, missing, lead } = value as Partial<StoredIndex>;
  try {
    return {
      firstCommit: commitOf(firstCommit),
      lastCommit: commitOf(lastCommit),
      restorePoints: (restorePoints ?? []).map(pointOf),
      tail: tail === undefined ? null : { bytes: Buffer.from(tail, "hex"), missing: Number(missing) },
      lead: lead === undefined ? null : Buffer.from(lead, "hex"),
    };
  } catch {
    return null; // it is only an index: the segment itself can be read
  }
}

interface StoredIndex {
  readonly firstCommit: CommitText;
  readonly lastCommit: CommitText;
  readonly restorePoints: readonly PointText[];
  readonly tail: string;
  readonly missing: number;
  readonly lead: string;
}

interface CommitText {
  readonly time: string;
  readonly lsn: string;
  readonly xid: number;
}

interface PointText {
  readonly name: string;
  readonly time: string;
  readonly lsn: string;
}

function commitText({ timeMs, lsn, xid }: Commit): CommitText {
  return { time: formatMoment(timeMs), lsn: formatLsn(lsn), xid };
}

function commitOf(text: CommitText | undefined): Commit | null {
  return text === undefined ? null : { timeMs: parseMoment(text.time), lsn: parseLsn(text.lsn), xid: text.xid };
}

function pointText({ name, timeMs, lsn }: RestorePoint): PointText {
  return { name, time: formatMoment(timeMs), lsn: formatLsn(lsn) };
}

function pointOf({ name, time, lsn }: PointText): RestorePoint {
  return { name, timeMs: parseMoment(time), lsn: parseLsn(lsn) };
}
