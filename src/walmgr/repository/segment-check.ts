// Segments on their way into the repository: is this what the name says, and of the right length?
import { SkytoolsError } from "../../errors/index.ts";
import { asBuffer } from "../codec/index.ts";
import { checkSegmentHeader, type ExpectedWal, LONG_HEADER_BYTES } from "../formats/index.ts";
import type { StoreBody } from "../store/index.ts";

/** The same bytes. @throws WAL_INVALID before the first byte goes on, or at the end */
export async function* checkedSegment(
  name: string,
  body: StoreBody,
  expected: ExpectedWal,
): AsyncGenerator<Uint8Array> {
  let head: Buffer | null = Buffer.alloc(0);
  let sizeBytes = 0;
  let segmentBytes = expected.segmentBytes;
  for await (const piece of body) {
    sizeBytes += piece.byteLength;
    if (head === null) {
      yield piece;
      continue;
    }
    const isEnough: boolean = head.length === 0 && piece.length >= LONG_HEADER_BYTES; // it may be a whole segment
    head = isEnough ? asBuffer(piece) : Buffer.concat([head, piece]);
    if (head.length < LONG_HEADER_BYTES) continue;
    segmentBytes ??= checkSegmentHeader(name, head, expected).long?.segmentBytes ?? null;
    checkSegmentHeader(name, head, expected);
    yield head;
    head = null;
  }
  if (head !== null || sizeBytes !== segmentBytes) {
    throw new SkytoolsError("WAL_INVALID", `${name} has ${sizeBytes} bytes, a segment has ${segmentBytes ?? "more"}`);
  }
}
