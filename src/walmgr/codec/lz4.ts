// LZ4 frames. Compressing needs the optional package lz4-napi; expanding is done here, so that a backup can be read
// without it. Frames may follow each other, and blocks may refer to the ones before them.
import { SkytoolsError } from "../../errors/index.ts";
import { type ByteSource } from "./bytes.ts";
import { ByteQueue } from "./byte-queue.ts";
import { expandBlock } from "./lz4-block.ts";

const FRAME_MAGIC = 0x184d2204;
/** Blocks may refer this far back. */
const WINDOW_BYTES = 64 * 1024;

/** Compresses one block to one frame. @throws CODEC_MISSING without the package */
export async function lz4Frames(): Promise<(block: Buffer) => Promise<Buffer>> {
  try {
    const { compressFrame } = await import("lz4-napi");
    return (block) => compressFrame(block);
  } catch (error) {
    throw new SkytoolsError("CODEC_MISSING", "lz4 compression needs the package lz4-napi", {
      cause: error,
      hint: "npm install lz4-napi, or choose gzip",
    });
  }
}

interface Frame {
  readonly isLinked: boolean;
  readonly hasBlockSums: boolean;
  readonly hasContentSum: boolean;
  readonly maxBlockBytes: number;
}

/** @param isLent - see `expandLent`. @throws REPOSITORY_DAMAGED */
export async function* expandLz4(source: ByteSource, isLent: boolean): AsyncGenerator<Uint8Array> {
  const input = new ByteQueue(source);
  try {
    while (await input.fill(1)) {
      const frame = await readHeader(input);
      if (frame !== null) yield* readBlocks(input, frame, isLent);
    }
  } finally {
    await input.close();
  }
}

/** Null: a frame for others to read, passed over. */
async function readHeader(input: ByteQueue): Promise<Frame | null> {
  const magic = (await input.take(4)).readUInt32LE();
  if (magic >>> 4 === 0x184d2a5) {
    await input.take((await input.take(4)).readUInt32LE());
    return null;
  }
  if (magic !== FRAME_MAGIC) throw damaged("a frame begins with other bytes");
  const [flags = 0, descriptor = 0] = await input.take(2);
  if (flags >>> 6 !== 1) throw damaged("the frame is of an unknown version");
  const hasSize = (flags & 0x08) !== 0;
  const hasDictionary = (flags & 0x01) !== 0;
  await input.take((hasSize ? 8 : 0) + (hasDictionary ? 4 : 0) + 1);
  return {
    isLinked: (flags & 0x20) === 0,
    hasBlockSums: (flags & 0x10) !== 0,
    hasContentSum: (flags & 0x04) !== 0,
    maxBlockBytes: 1 << (8 + 2 * ((descriptor >>> 4) & 7)),
  };
}

async function* readBlocks(input: ByteQueue, frame: Frame, isLent: boolean): AsyncGenerator<Buffer> {
  const room = (): Buffer => Buffer.allocUnsafeSlow(WINDOW_BYTES + frame.maxBlockBytes);
  let memory = room();
  let end = 0;
  for (;;) {
    const size = (await input.take(4)).readUInt32LE();
    if (size === 0) break;
    const length = size & 0x7fffffff;
    if (length > frame.maxBlockBytes) throw damaged("a block is longer than its frame allows");
    const stored = await input.take(length);
    if (frame.hasBlockSums) await input.take(4);
    const start = frame.isLinked ? Math.min(end, WINDOW_BYTES) : 0;
    const window = memory.subarray(end - start, end);
    if (!isLent) memory = room();
    memory.set(window);
    if (size >>> 31 === 1) end = start + stored.copy(memory, start);
    else end = expandBlock(stored, memory.subarray(0, start + frame.maxBlockBytes), start);
    yield memory.subarray(start, end);
  }
  if (frame.hasContentSum) await input.take(4);
}

export function damaged(what: string): SkytoolsError {
  return new SkytoolsError("REPOSITORY_DAMAGED", `lz4 data is damaged: ${what}`);
}
