// The checksum in every page of a cluster with data checksums.

export const PAGE_BYTES = 8192;
/** Pages of one segment file of a relation. */
export const SEGMENT_PAGES = 131_072;

const PRIME = 16_777_619;
const SUMS = 32;

// prettier-ignore
const BASE = Int32Array.of(
  0x5b1f36e9, 0xb8525960, 0x02ab50aa, 0x1de66d2a, 0x79ff467a, 0x9bb9f8a3, 0x217e7cd2, 0x83e13d2c,
  0xf8d4474f, 0xe39eb970, 0x42c6ae16, 0x993216fa, 0x7b093b5d, 0x98daff3c, 0xf718902a, 0x0b1c9cdb,
  0xe58f764b, 0x187636bc, 0x5d7b3bb1, 0xe73de7de, 0x92bec979, 0xcca6c0b2, 0x304a0979, 0x85aa43d4,
  0x783125bb, 0x6ca8eaa2, 0xe407eac6, 0x4b5cfc3e, 0x9fbf8c76, 0x15ca20be, 0xf2ca9fd3, 0x959bd756,
);

const sums = new Int32Array(SUMS);
const words = new Int32Array(PAGE_BYTES / 4);
const wordBytes = Buffer.from(words.buffer);

/** What the page at `blockNumber` of its relation (not of its file) should carry. */
export function pageChecksum(page: Uint8Array, blockNumber: number): number {
  wordBytes.set(page.subarray(0, PAGE_BYTES));
  words[2] = (words[2] as number) & ~0xffff; // the field of the checksum itself
  sums.set(BASE);
  for (let row = 0; row < PAGE_BYTES / 4; row += SUMS) {
    for (let i = 0; i < SUMS; i += 1) sums[i] = mix(sums[i] as number, words[row + i] as number);
  }
  let result = 0;
  for (let i = 0; i < SUMS; i += 1) result ^= mix(mix(sums[i] as number, 0), 0);
  return (((result ^ blockNumber) >>> 0) % 65_535) + 1;
}

function mix(sum: number, word: number): number {
  const t = sum ^ word;
  return Math.imul(t, PRIME) ^ (t >>> 17);
}

/** False for a page whose checksum does not fit; new pages have none. */
export function isPageSound(page: Buffer, blockNumber: number): boolean {
  if (page.readUInt16LE(14) === 0) return true;
  return page.readUInt16LE(8) === pageChecksum(page, blockNumber);
}

/** First block of the relation in a file such as `base/5/1259.2`; null when the file has no checked pages. */
export function firstBlockOf(path: string): number | null {
  const match = /^(?:base\/\d+|global|pg_tblspc\/\d+\/[^/]+\/\d+)\/\d+(?:_(?:fsm|vm|init))?(?:\.(\d+))?$/.exec(path);
  return match === null ? null : Number(match[1] ?? 0) * SEGMENT_PAGES;
}
