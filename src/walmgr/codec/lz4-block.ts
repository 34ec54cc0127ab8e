// One block of LZ4: literal bytes and copies of what was written before, in turn.
import { SkytoolsError } from "../../errors/index.ts";

/** What is shorter is copied faster byte by byte than by a call. */
const CALL_BYTES = 32;

/**
 * Expands a block into `out` at `start`; copies may reach back to what is before it. @returns where it ends
 * @throws REPOSITORY_DAMAGED, also when there is too little room
 */
export function expandBlock(block: Uint8Array, out: Buffer, start: number): number {
  let from = 0;
  let to = start;
  const longLength = (length: number): number => {
    if (length !== 15) return length;
    for (;;) {
      const more = block[from++];
      if (more === undefined) throw damagedBlock();
      length += more;
      if (more !== 255) return length;
    }
  };
  while (from < block.length) {
    const token = block[from++] as number;
    const literals = longLength(token >>> 4);
    if (from + literals > block.length || to + literals > out.length) throw damagedBlock();
    if (literals < CALL_BYTES) for (let i = 0; i < literals; i += 1) out[to + i] = block[from + i] as number;
    else out.set(block.subarray(from, from + literals), to);
    from += literals;
    to += literals;
    if (from === block.length) break; // the last sequence has no copy
    const distance = (block[from] as number) | ((block[from + 1] ?? 0) << 8);
    from += 2;
    const length = longLength(token & 15) + 4;
    if (distance === 0 || distance > to || to + length > out.length) throw damagedBlock();
    to = copyBack(out, to, distance, length);
  }
  return to;
}

/** The copy may overlap itself: then it repeats. */
function copyBack(out: Buffer, to: number, distance: number, length: number): number {
  const end = to + length;
  if (length < CALL_BYTES) {
    for (let at = to; at < end; at += 1) out[at] = out[at - distance] as number;
    return end;
  }
  // What is there of the repetition is twice as long after each step.
  const start = to - distance;
  for (let at = to; at < end;) {
    const part = Math.min(at - start, end - at);
    out.copyWithin(at, start, start + part);
    at += part;
  }
  return end;
}

function damagedBlock(): SkytoolsError {
  return new SkytoolsError("REPOSITORY_DAMAGED", "lz4 data is damaged: a block cannot be expanded");
}
