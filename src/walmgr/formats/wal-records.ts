// Walks the records of a segment while its bytes go by, and notes what restores need to know: when transactions were
// committed, restore points, and where valid WAL ends. Records that say something else are passed over.
import { crc32c } from "../codec/index.ts";
import { fromServerTime, type Lsn } from "./lsn.ts";

export interface RestorePoint {
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly timeMs: number;
  /** End of its record: recovery to the name stops there. */
  readonly lsn: Lsn;
}

export interface Commit {
  readonly timeMs: number;
  /** End of its record. */
  readonly lsn: Lsn;
  /** Of the transaction that was prepared, where it was. */
  readonly xid: number;
}

export interface WalFindings {
  readonly firstCommit: Commit | null;
  readonly lastCommit: Commit | null;
  readonly restorePoints: readonly RestorePoint[];
  /** End of the last whole record; null: none ends here. */
  readonly endLsn: Lsn | null;
}

/** A record that begins in one segment and ends in a later one. */
export interface CutRecord {
  /** The first bytes that were seen, at most as many as are needed. */
  readonly bytes: Buffer;
  /** Bytes of it that follow in the next segment. */
  readonly missing: number;
}

const SHORT_HEADER = 24;
const LONG_HEADER = 40;
const LONG_FLAG = 0x0002;
const RECORD_HEADER = 24;
/** Header, main-data header, time and name of a restore point: more is never needed. */
const LOOK_BYTES = 112;
const TRANSACTIONS = 1;
const XLOG = 0;
const RESTORE_POINT = 0x70;
const SWITCH = 0x40;
const DEFAULT_PAGE = 8192;
/** In the info byte of a commit: more bits follow its time. */
const HAS_INFO = 0x80;
const HAS_DATABASE = 0x01;
const HAS_SUBTRANSACTIONS = 0x02;
/** Files that go with it. */
const HAS_FILES = 0x04;
/** Invalidation messages. */
const HAS_MESSAGES = 0x08;
/** It was prepared before: the number of its transaction follows. */
const HAS_PREPARED = 0x10;
/** Statistics that go with it: PostgreSQL 15 and newer. */
const HAS_STATS = 0x100;
const MAGIC_18 = 0xd118;

export interface WalWalkerOptions {
  /** The first byte that is pushed; the start of a segment. */
  readonly startLsn: Lsn;
  /** Checks each record's checksum and link too: for WAL whose end is not known. */
  readonly isStrict?: boolean;
  readonly onCommit?: (commit: Commit, subtransactions: readonly number[]) => void;
  /** How much of a record is looked at. The default is enough for all that is indexed; not for many subtransactions. */
  readonly lookBytes?: number;
}

interface Begun {
  readonly lsn: Lsn;
  readonly total: number;
  seen: number;
  /** What is looked at. */
  head: Buffer;
  crc: number;
}

export class WalWalker {
  readonly #options: WalWalkerOptions;
  #pageLsn: Lsn;
  #pageBytes = DEFAULT_PAGE;
  #rest: Buffer = Buffer.alloc(0);
  #record: Begun | null = null;
  /** The end of a record of an earlier segment: its bytes are kept as far as they are needed. */
  #foreign: { missing: number; head: Buffer } | null = null;
  #lead: Buffer | null = null;
  #leadTotal = 0;
  #isFirst = true;
  #isOver = false;
  #hasSwitched = false;
  #previous: Lsn | null = null;
  #endInPage = 0;
  #firstCommit: Commit | null = null;
  #lastCommit: Commit | null = null;
  #points: RestorePoint[] = [];
  #endLsn: Lsn | null = null;
  #statsItemBytes = 12;

  constructor(options: WalWalkerOptions) {
    this.#options = options;
    this.#pageLsn = options.startLsn;
  }

  get findings(): WalFindings {
    const { firstCommit, lastCommit } = { firstCommit: this.#firstCommit, lastCommit: this.#lastCommit };
    return { firstCommit, lastCommit, restorePoints: this.#points, endLsn: this.#endLsn };
  }

  /** True after the end of valid WAL: more bytes change nothing. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Of a segment that was pushed to its end: no more can follow in it. A record that goes on in the next one may be torn. */
  get hasWholeSegment(): boolean {
    return this.#hasSwitched || (!this.#isOver && this.#record === null && this.#rest.length === 0);
  }

  /** The record that the last bytes began; null: they end with a record. */
  get cut(): CutRecord | null {
    const record = this.#record;
    return record === null || this.#isOver ? null : { bytes: record.head, missing: record.total - record.seen };
  }

  /** What came first and belongs to a record of the segment before; null: nothing, or more than is worth keeping. */
  get lead(): Buffer | null {
    return this.#leadTotal > LOOK_BYTES ? null : this.#lead;
  }

  /** A call, as the compiler does not know that it changes meanwhile. */
  #hasEnded(): boolean {
    return this.#isOver;
  }

  push(bytes: Uint8Array): void {
    if (this.#hasEnded()) return;
    let buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (this.#rest.length > 0) buffer = Buffer.concat([this.#rest, buffer]);
    let at = 0;
    for (; buffer.length - at >= this.#pageBytes && !this.#hasEnded(); at += this.#pageBytes) {
      this.#page(buffer.subarray(at, at + this.#pageBytes));
      this.#pageLsn += BigInt(this.#pageBytes);
    }
    this.#rest = this.#hasEnded() ? Buffer.alloc(0) : Buffer.from(buffer.subarray(at));
  }

  #page(page: Buffer): void {
    const isLong = (page.readUInt16LE(2) & LONG_FLAG) !== 0;
    if (page.readUInt16LE(0) === 0 || page.readBigUInt64LE(8) !== this.#pageLsn) return void (this.#isOver = true);
    if (this.#isFirst) this.#statsItemBytes = page.readUInt16LE(0) >= MAGIC_18 ? 16 : 12;
    const remaining = page.readUInt32LE(16);
    let at = isLong ? LONG_HEADER : SHORT_HEADER;
    if (this.#isFirst && remaining > 0) {
      this.#foreign = { missing: remaining, head: Buffer.alloc(0) };
      this.#leadTotal = remaining;
    }
    this.#isFirst = false;
    const begun = this.#record;
    if (begun !== null && remaining !== begun.total - begun.seen) return void (this.#isOver = true);
    if (this.#foreign !== null) at = this.#skipForeign(page, at);
    while (at < page.length && !this.#hasEnded())
      at = this.#record === null ? this.#begin(page, at) : this.#more(page, at);
    if (this.#endInPage > 0) this.#endLsn = this.#pageLsn + BigInt(this.#endInPage);
    this.#endInPage = 0;
  }

  #skipForeign(page: Buffer, at: number): number {
    const foreign = this.#foreign as { missing: number; head: Buffer };
    const part = Math.min(foreign.missing, page.length - at);
    if (this.#leadTotal <= LOOK_BYTES) foreign.head = Buffer.concat([foreign.head, page.subarray(at, at + part)]);
    foreign.missing -= part;
    if (foreign.missing === 0) {
      this.#lead = foreign.head;
      this.#foreign = null;
      this.#endInPage = at + part;
    }
    return align(at + part);
  }

  #begin(page: Buffer, at: number): number {
    const total = page.readUInt32LE(at);
    if (total < RECORD_HEADER) {
      this.#isOver = true;
      return at;
    }
    const isHere = total <= page.length - at;
    // The usual record: whole, and of no interest.
    if (isHere && this.#options.isStrict !== true) {
      if ((page[at + 17] as number) <= TRANSACTIONS) this.#look(page.subarray(at, at + total), at + total);
      this.#endInPage = at + total;
      return align(at + total);
    }
    const lsn = this.#pageLsn + BigInt(at);
    this.#record = { lsn, total, seen: 0, head: Buffer.alloc(0), crc: 0 };
    return this.#more(page, at);
  }

  #more(page: Buffer, at: number): number {
    const record = this.#record as Begun;
    const part = page.subarray(at, Math.min(page.length, at + record.total - record.seen));
    const wanted = (this.#options.lookBytes ?? LOOK_BYTES) - record.head.length;
    if (wanted > 0) record.head = Buffer.concat([record.head, part.subarray(0, wanted)]);
    if (this.#options.isStrict === true) {
      const skip = Math.max(0, RECORD_HEADER - record.seen);
      if (part.length > skip) record.crc = crc32c(part.subarray(skip), record.crc);
    }
    record.seen += part.length;
    if (record.seen < record.total) return page.length;
    this.#record = null;
    if (this.#options.isStrict === true && !this.#isSound(record)) {
      this.#isOver = true;
      return at;
    }
    this.#previous = record.lsn;
    this.#look(record.head, at + part.length);
    this.#endInPage = at + part.length;
    return align(at + part.length);
  }

  #isSound({ head, crc }: Begun): boolean {
    if (this.#previous !== null && head.readBigUInt64LE(8) !== this.#previous) return false;
    return crc32c(head.subarray(0, 20), crc) === head.readUInt32LE(20);
  }

  #look(head: Buffer, endInPage: number): void {
    this.note(head, this.#pageLsn + BigInt(endInPage));
  }

  /** Takes in the beginning of a record that ends there; also one that was put together of two segments. */
  note(head: Buffer, lsn: Lsn): void {
    const found = readRecord(head, lsn, this.#statsItemBytes);
    if (found === null) return;
    if (found.kind === "switch") this.#isOver = this.#hasSwitched = true;
    else if (found.kind === "point") this.#points.push(found.point);
    else {
      this.#firstCommit ??= found.commit;
      this.#lastCommit = found.commit;
      this.#options.onCommit?.(found.commit, found.subtransactions);
    }
  }
}

/** Whether these bytes begin a commit or a restore point; they may be a part of the record's header. */
export function isOfInterest(head: Buffer): boolean {
  const { isPoint, isCommit } = kindOf(head);
  return isPoint || isCommit;
}

function kindOf(head: Buffer) {
  const [info, manager] = [(head[16] as number) & 0xf0, head[17] as number];
  const isCommit = manager === TRANSACTIONS && ((info & 0x70) === 0x00 || (info & 0x70) === 0x30);
  return {
    info,
    isCommit,
    isSwitch: manager === XLOG && info === SWITCH,
    isPoint: manager === XLOG && info === RESTORE_POINT,
  };
}

type Found =
  | { readonly kind: "switch" }
  | { readonly kind: "point"; readonly point: RestorePoint }
  | { readonly kind: "commit"; readonly commit: Commit; readonly subtransactions: readonly number[] };

/** Null for records of another kind, and for ones that are cut too short. */
export function readRecord(head: Buffer, endLsn: Lsn, statsItemBytes: number): Found | null {
  if (head.length < RECORD_HEADER) return null;
  const { info, isSwitch, isPoint, isCommit } = kindOf(head);
  if (isSwitch) return { kind: "switch" };
  if (!isPoint && !isCommit) return null;
  const at = mainData(head);
  if (at === null || at + 8 > head.length) return null;
  const timeMs = fromServerTime(head.readBigInt64LE(at));
  if (isCommit) {
    const { preparedXid, subtransactions } = readCommit(head.subarray(at), (info & HAS_INFO) !== 0, statsItemBytes);
    const xid = preparedXid ?? head.readUInt32LE(4);
    return { kind: "commit", commit: { timeMs, lsn: endLsn, xid }, subtransactions };
  }
  const name = head.subarray(at + 8, at + 72);
  const end = name.indexOf(0);
  return {
    kind: "point",
    point: { name: name.subarray(0, end < 0 ? name.length : end).toString("utf8"), timeMs, lsn: endLsn },
  };
}

/**
 * What follows the time in a commit: parts that are there when their bit is set, in this order. What lies behind the end of
 * the bytes is taken for absent.
 */
function readCommit(
  data: Buffer,
  hasInfo: boolean,
  statsItemBytes: number,
): { readonly preparedXid: number | null; readonly subtransactions: readonly number[] } {
  const number = (at: number): number => (at + 4 <= data.length ? data.readUInt32LE(at) : 0);
  const bits = hasInfo ? number(8) : 0;
  let at = 12;
  if ((bits & HAS_DATABASE) !== 0) at += 8;
  const subtransactions: number[] = [];
  if ((bits & HAS_SUBTRANSACTIONS) !== 0) {
    const end = at + 4 + number(at) * 4;
    for (at += 4; at < Math.min(end, data.length); at += 4) subtransactions.push(number(at));
    at = end;
  }
  if ((bits & HAS_FILES) !== 0) at += 4 + number(at) * 12;
  if ((bits & HAS_STATS) !== 0) at += 4 + number(at) * statsItemBytes;
  if ((bits & HAS_MESSAGES) !== 0) at += 4 + number(at) * 16;
  const isPrepared = (bits & HAS_PREPARED) !== 0 && at + 4 <= data.length;
  return { preparedXid: isPrepared ? number(at) : null, subtransactions };
}

/** Where a record's own data begins, behind what may stand in front of it; null: not in these bytes. */
function mainData(head: Buffer): number | null {
  for (let at = RECORD_HEADER; at < head.length;) {
    const id = head[at];
    if (id === 255) return at + 2;
    if (id === 254) return at + 5;
    if (id === 253) at += 3;
    else if (id === 252) at += 5;
    else return null;
  }
  return null;
}

function align(at: number): number {
  return (at + 7) & ~7;
}
