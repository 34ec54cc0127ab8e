// Segments made up for tests of what only looks at their headers.
import { segmentStart, parseSegmentName, walMagic } from "../../src/walmgr/index.ts";

export const MADE_SYSTEM_ID = 7_000_000_000_000_000_001n;
export const MADE_SEGMENT_BYTES = 1024 * 1024;

/** A segment with a right header; `fill` makes the bytes behind it. */
export function madeSegment(
  name: string,
  fill = 1,
  systemId = MADE_SYSTEM_ID,
  segmentBytes = MADE_SEGMENT_BYTES,
): Buffer {
  const bytes = Buffer.alloc(segmentBytes, fill);
  const { timeline, number } = parseSegmentName(name, segmentBytes);
  bytes.writeUInt16LE(walMagic[18]!, 0);
  bytes.writeUInt16LE(0x0002, 2);
  bytes.writeUInt32LE(timeline, 4);
  bytes.writeBigUInt64LE(segmentStart(number, segmentBytes), 8);
  bytes.writeUInt32LE(0, 16);
  bytes.writeBigUInt64LE(systemId, 24);
  bytes.writeUInt32LE(segmentBytes, 32);
  bytes.writeUInt32LE(8192, 36);
  return bytes;
}

/** All that an iteration gives (Array.fromAsync, which Node 20 lacks). */
export async function allOf<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}
