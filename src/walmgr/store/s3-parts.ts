// The parts in which a large object goes up: at least 5 MiB each, but for the last, and 10 000 at most. All have the same size,
// as some services want it, unless the object becomes much larger than was expected.

const MEGABYTE = 1024 * 1024;
/** Where the size is not known. A WAL segment of the usual size fits into one request. */
const USUAL_BYTES = 32 * MEGABYTE;
const SMALLEST_BYTES = 8 * MEGABYTE;
/** The rest is for what comes on top of what was expected. */
const PLANNED_PARTS = 9_000;
const GROWTH = 16;

/** What is smaller goes in one request. `sizeBytes`: of the object, or about. */
export function partBytesOf(sizeBytes: number | undefined): number {
  if (sizeBytes === undefined || sizeBytes <= USUAL_BYTES) return USUAL_BYTES;
  return Math.max(SMALLEST_BYTES, Math.ceil(sizeBytes / PLANNED_PARTS / MEGABYTE) * MEGABYTE);
}

/** All but the last have that size, or a multiple from the 9 001st on. */
export async function* inParts(
  body: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  partBytes: number,
): AsyncGenerator<Buffer, undefined> {
  let held: Uint8Array[] = [];
  let [bytes, count, wanted] = [0, 0, partBytes];
  for await (const piece of body) {
    held.push(piece);
    bytes += piece.length;
    while (bytes >= wanted) {
      const all = Buffer.concat(held);
      yield all.subarray(0, wanted);
      held = [all.subarray(wanted)];
      bytes -= wanted;
      count += 1;
      if (count === PLANNED_PARTS) wanted *= GROWTH;
    }
  }
  if (bytes > 0) yield Buffer.concat(held);
  return undefined;
}
