// Names of WAL files. A segment is called after its timeline and its number: 8 + 8 + 8 hexadecimal digits, of which the
// last part counts the segments in 4 GiB and so depends on the segment size.
import { SkytoolsError } from "../../errors/index.ts";
import type { Lsn } from "./lsn.ts";

/** 16 MiB unless initdb was told another one. */
export const DEFAULT_SEGMENT_BYTES = 16 * 1024 * 1024;
const XLOG_ID_BYTES = 1n << 32n;

/** One segment of one timeline. `number` is position divided by segment size. */
export interface Segment {
  readonly timeline: number;
  readonly number: bigint;
}

export type WalFileName =
  | { readonly kind: "segment"; readonly name: string; readonly timeline: number }
  | { readonly kind: "partial"; readonly name: string; readonly timeline: number }
  | { readonly kind: "backup"; readonly name: string; readonly timeline: number }
  | { readonly kind: "history"; readonly name: string; readonly timeline: number };

export function segmentName({ timeline, number }: Segment, segmentBytes: number): string {
  const perId = XLOG_ID_BYTES / BigInt(segmentBytes);
  return hex8(timeline) + hex8(number / perId) + hex8(number % perId);
}

const SEGMENT_NAME = /^[0-9A-F]{24}$/;

/** Of a whole segment, whatever its size. */
export function isSegmentName(name: string): boolean {
  return SEGMENT_NAME.test(name);
}

/** @throws WRONG_USE when the name is not one of a segment of that size */
export function parseSegmentName(name: string, segmentBytes: number): Segment {
  if (!isSegmentName(name)) throw notASegment(name);
  const perId = XLOG_ID_BYTES / BigInt(segmentBytes);
  const low = BigInt(`0x${name.slice(16)}`);
  const timeline = Number.parseInt(name.slice(0, 8), 16);
  if (low >= perId || timeline === 0) throw notASegment(name);
  return { timeline, number: BigInt(`0x${name.slice(8, 16)}`) * perId + low };
}

/** Where the segment begins. */
export function segmentStart(number: bigint, segmentBytes: number): Lsn {
  return number * BigInt(segmentBytes);
}

/** The segment that holds the byte at a position. */
export function segmentOf(lsn: Lsn, segmentBytes: number): bigint {
  return lsn / BigInt(segmentBytes);
}

/** The segment that holds the last byte before a position: an end on a boundary belongs to the segment before it. */
export function segmentBefore(endLsn: Lsn, segmentBytes: number): bigint {
  return endLsn === 0n ? 0n : (endLsn - 1n) / BigInt(segmentBytes);
}

export function historyName(timeline: number): string {
  return `${hex8(timeline)}.history`;
}

/** What archive_command and restore_command may name. Null: nothing of the WAL. */
export function parseWalFileName(name: string): WalFileName | null {
  const kind = kinds.find(([pattern]) => pattern.test(name))?.[1];
  if (kind === undefined) return null;
  return { kind, name, timeline: Number.parseInt(name.slice(0, 8), 16) };
}

const kinds: readonly (readonly [RegExp, WalFileName["kind"]])[] = [
  [SEGMENT_NAME, "segment"],
  [/^[0-9A-F]{24}\.partial$/, "partial"],
  [/^[0-9A-F]{24}\.[0-9A-F]{8}\.backup$/, "backup"],
  [/^[0-9A-F]{8}\.history$/, "history"],
];

/** The server takes powers of two from 1 MB to 1 GB. */
export function isSegmentSize(bytes: number): boolean {
  return Number.isInteger(Math.log2(bytes)) && bytes >= 1024 * 1024 && bytes <= 1024 ** 3;
}

function hex8(value: number | bigint): string {
  return value.toString(16).toUpperCase().padStart(8, "0");
}

function notASegment(name: string): SkytoolsError {
  return new SkytoolsError("WRONG_USE", `"${name}" is not the name of a WAL segment`);
}
