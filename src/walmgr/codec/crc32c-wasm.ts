// The loops of CRC-32C as a module of WebAssembly, many times as fast as JavaScript: every byte of backups and restores goes
// through it. Its few instructions are put together here, as the package has no step that compiles.
//
// A checksum is the remainder of a division, so bytes may be moved to where they leave the same remainder. First loop: sixteen
// bytes at once are added (xor) further on, at the places FOLD, without any table, until little is left. Second loop: what is
// left goes through the tables, sixteen bytes a turn.

/** Of what is looked at in one call. */
const BUFFER_BYTES = 256 * 1024;
const PAGE_BYTES = 64 * 1024;
/** The tables lie at 0, in the first page; the bytes behind them. */
const BUFFER_AT = PAGE_BYTES;
const SLICES = 16;
const SLICE_BYTES = 1024;
const BLOCK_BYTES = 16;
/**
 * With y = x^128, y^209 = y^144 + y^54 + y^39 + y^14 + 1 modulo the polynomial: so a block of 16 bytes counts as much as its copies
 * in these blocks behind it. Found by search: of the relations with five places that with the nearest last one.
 */
const FOLD = [209 - 144, 209 - 54, 209 - 39, 209 - 14, 209].map((blocks) => blocks * BLOCK_BYTES);
const FOLD_BYTES = Math.max(...FOLD) + BLOCK_BYTES;

const I32 = 0x7f;
const V128 = 0x7b;
const NO_RESULT = 0x40;
const op = {
  block: [0x02, NO_RESULT],
  loop: [0x03, NO_RESULT],
  end: [0x0b],
  xor: [0x73],
  and: [0x71],
  add: [0x6a],
  subtract: [0x6b],
  shiftLeft: [0x74],
  shiftRight: [0x76],
  isLess: [0x49],
  isZero: [0x45],
  get: (local: number) => [0x20, local],
  set: (local: number) => [0x21, local],
  constant: (value: number) => [0x41, ...signed(value)],
  load: (offset: number) => [0x28, 2, ...unsigned(offset)],
  loadByte: (offset: number) => [0x2d, 0, ...unsigned(offset)],
  store: [0x36, 2, 0],
  loadBlock: (offset: number) => [0xfd, 0x00, 0, ...unsigned(offset)],
  storeBlock: (offset: number) => [0xfd, 0x0b, 0, ...unsigned(offset)],
  xorBlocks: [0xfd, 0x51],
  leaveIf: (depth: number) => [0x0d, depth],
  repeat: (depth: number) => [0x0c, depth],
} as const;

/** What we use of it; the types of Node leave it to those of browsers. */
declare const WebAssembly:
  | {
      readonly validate: (bytes: Uint8Array) => boolean;
      readonly Module: new (bytes: Uint8Array) => object;
      readonly Instance: new (module: object) => { readonly exports: unknown };
    }
  | undefined;

/** Parameters and locals of the function. */
const [at, left, crc, word, block] = [0, 1, 2, 3, 4];

/** The value of the table `slice` for one byte of `word`. */
function look(slice: number, byte: number): number[] {
  const place =
    byte === 0
      ? [...op.get(word), ...op.constant(0xff), ...op.and, ...op.constant(2), ...op.shiftLeft]
      : [...op.get(word), ...op.constant(8 * byte - 2), ...op.shiftRight, ...op.constant(0x3fc), ...op.and];
  return [...place, ...op.load(slice * SLICE_BYTES)];
}

/** Four bytes at `at + offset`; `before` is what they are mixed with. Leaves one value. */
function four(offset: number, highest: number, before: readonly number[]): number[] {
  const mixed = [...op.get(at), ...op.load(offset), ...before, ...op.set(word)];
  const [first, ...others] = [0, 1, 2, 3].map((byte) => look(highest - byte, byte));
  return [...mixed, ...(first as number[]), ...others.flatMap((one) => [...one, ...op.xor])];
}

function step(bytes: number): number[] {
  const forward = [...op.get(at), ...op.constant(bytes), ...op.add, ...op.set(at)];
  return [...forward, ...op.get(left), ...op.constant(bytes), ...op.subtract, ...op.set(left)];
}

/** A loop as long as `isOver` leaves zero. */
function loop(isOver: readonly number[], body: readonly number[]): number[] {
  return [...op.block, ...op.loop, ...isOver, ...op.leaveIf(1), ...body, ...op.repeat(0), ...op.end, ...op.end];
}

function functionBody(): number[] {
  const mixIn = [...op.get(at), ...op.get(at), ...op.load(0), ...op.get(crc), ...op.xor, ...op.store];
  const fold = [
    ...[...op.get(at), ...op.loadBlock(0), ...op.set(block)],
    ...FOLD.flatMap((offset) => [
      ...[...op.get(at), ...op.get(at), ...op.loadBlock(offset)],
      ...[...op.get(block), ...op.xorBlocks, ...op.storeBlock(offset)],
    ]),
    ...step(BLOCK_BYTES),
  ];
  const isSmall = [...op.get(left), ...op.constant(FOLD_BYTES), ...op.isLess];
  const folded = [
    ...[...op.block, ...isSmall, ...op.leaveIf(0)],
    ...[...mixIn, ...op.constant(0), ...op.set(crc), ...loop(isSmall, fold), ...op.end],
  ];
  // What the turn before gave comes last: the processor begins with the rest without waiting for it.
  const sixteen = [
    ...[12, 8, 4].flatMap((offset, i) => [...four(offset, 15 - offset, []), ...(i === 0 ? [] : op.xor)]),
    ...[...four(0, 15, [...op.get(crc), ...op.xor]), ...op.xor],
    ...op.set(crc),
    ...step(16),
  ];
  const one = [
    ...[...op.get(at), ...op.loadByte(0), ...op.get(crc), ...op.xor, ...op.set(word), ...look(0, 0)],
    ...[...op.get(crc), ...op.constant(8), ...op.shiftRight, ...op.xor, ...op.set(crc)],
    ...step(1),
  ];
  const isShort = [...op.get(left), ...op.constant(16), ...op.isLess];
  const isEmpty = [...op.get(left), ...op.isZero];
  const code = [...folded, ...loop(isShort, sixteen), ...loop(isEmpty, one), ...op.get(crc), ...op.end];
  return [2, 1, I32, 1, V128, ...code]; // two locals beside the parameters
}

function moduleBytes(): Uint8Array<ArrayBuffer> {
  const pages = 1 + BUFFER_BYTES / PAGE_BYTES;
  const body = functionBody();
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0], // "\0asm", version 1
    ...section(1, [1, 0x60, 3, I32, I32, I32, 1, I32]), // one type of function
    ...section(3, [1, 0]), // one function, of that type
    ...section(5, [1, 0, pages]), // one memory
    ...section(7, [2, 1, 0x6d, 2, 0, 1, 0x66, 0, 0]), // exports: m, the memory; f, the function
    ...section(10, [1, ...unsigned(body.length), ...body]),
  ]);
}

function section(id: number, content: readonly number[]): number[] {
  return [id, ...unsigned(content.length), ...content];
}

/** LEB128. */
function unsigned(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)];
}

function signed(value: number): number[] {
  return value < 0x40 ? [value] : [(value & 0x7f) | 0x80, ...signed(value >> 7)];
}

type Crc = (bytes: Uint8Array, crc: number) => number;

/**
 * A function over any number of bytes that neither begins nor ends with the inversion. `tables`: sixteen of 256 values.
 * Null where there is no WebAssembly (`node --jitless`), or none with blocks of 16 bytes.
 */
export function wasmCrc(tables: Int32Array): Crc | null {
  if (typeof WebAssembly === "undefined") return null;
  const bytes = moduleBytes();
  if (!WebAssembly.validate(bytes)) return null;
  const { m, f } = new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports as {
    readonly m: { readonly buffer: ArrayBuffer };
    readonly f: (at: number, length: number, crc: number) => number;
  };
  new Int32Array(m.buffer, 0, SLICES * 256).set(tables);
  const buffer = new Uint8Array(m.buffer, BUFFER_AT, BUFFER_BYTES);
  return (bytes, before) => {
    let value = before;
    for (let from = 0; from < bytes.length; from += BUFFER_BYTES) {
      const part = from === 0 && bytes.length <= BUFFER_BYTES ? bytes : bytes.subarray(from, from + BUFFER_BYTES);
      buffer.set(part);
      value = f(BUFFER_AT, part.length, value);
    }
    return value;
  };
}
