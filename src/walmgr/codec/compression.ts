// Compressing and expanding streams. Blocks of a megabyte become frames of their own, which all three formats allow and
// their programs read as one: so several blocks are compressed at once on Node's thread pool.
import { promisify } from "node:util";
import zlib from "node:zlib";
import { SkytoolsError } from "../../errors/index.ts";
import { type ByteSource, inBlocks, mapInOrder } from "./bytes.ts";
import { expandLz4, lz4Frames } from "./lz4.ts";
import { throughProgram } from "./program-pipe.ts";
import { throughTransform } from "./transform.ts";

export const compressionMethods = ["none", "gzip", "lz4", "zstd"] as const;
export type CompressionMethod = (typeof compressionMethods)[number];

export const compressionSuffixes = { none: "", gzip: ".gz", lz4: ".lz4", zstd: ".zst" } as const;

const BLOCK_BYTES = 1024 * 1024;
const PARALLEL_BLOCKS = 4;
const DEFAULT_LEVELS = { gzip: 1, zstd: 3 } as const;

/** Compresses; `level` as the format's program has it (gzip 1-9, zstd 1-19; lz4 has none). */
export function compress(source: ByteSource, method: CompressionMethod, level?: number): ByteSource {
  switch (method) {
    case "none":
      return source;
    case "gzip":
      return blockwise(source, gzipBlock(level ?? DEFAULT_LEVELS.gzip));
    case "lz4":
      return lz4Blocks(source);
    case "zstd":
      return zstdBlocks(source, level ?? DEFAULT_LEVELS.zstd);
  }
}

/** Expands what any program wrote in that format. @throws REPOSITORY_DAMAGED when the bytes are not of that format */
export function expand(source: ByteSource, method: CompressionMethod): AsyncGenerator<Uint8Array> {
  return expanded(source, method, false);
}

/** As `expand`, for one who is done with each piece when he asks for the next: its memory may be used again. */
export function expandLent(source: ByteSource, method: CompressionMethod): AsyncGenerator<Uint8Array> {
  return expanded(source, method, true);
}

async function* expanded(source: ByteSource, method: CompressionMethod, isLent: boolean): AsyncGenerator<Uint8Array> {
  try {
    yield* expander(source, method, isLent);
  } catch (error) {
    if (error instanceof SkytoolsError || !isFormatError(error)) throw error;
    throw new SkytoolsError("REPOSITORY_DAMAGED", `compressed data is damaged: ${error.message}`, { cause: error });
  }
}

/** As much as can be expanded of what may be cut off, as by a writer who was killed. */
export async function* expandCut(source: ByteSource, method: CompressionMethod): AsyncGenerator<Uint8Array> {
  try {
    yield* method === "gzip" ? gunzip(source, zlib.constants.Z_SYNC_FLUSH) : expand(source, method);
  } catch (error) {
    const isCut = error instanceof SkytoolsError ? error.code === "REPOSITORY_DAMAGED" : isFormatError(error);
    if (!isCut) throw error;
  }
}

function gunzip(source: ByteSource, finishFlush: number = zlib.constants.Z_FINISH): ByteSource {
  return throughTransform(source, () => zlib.createGunzip({ chunkSize: 256 * 1024, finishFlush }));
}

function expander(source: ByteSource, method: CompressionMethod, isLent: boolean): ByteSource {
  switch (method) {
    case "none":
      return source;
    case "gzip":
      return gunzip(source);
    case "lz4":
      return expandLz4(source, isLent);
    case "zstd":
      return newZlib.createZstdDecompress === undefined
        ? throughProgram(source, "zstd", ["-q", "-d", "-c"])
        : throughTransform(source, newZlib.createZstdDecompress);
  }
}

function isFormatError(error: unknown): error is Error {
  return error instanceof Error && "code" in error && /^(Z_|ZSTD_)/.test(String(error.code));
}

// In Node 22.15 and later only.
const newZlib = zlib as typeof zlib & {
  createZstdDecompress?: () => zlib.Gunzip;
  zstdCompress?: (
    bytes: Uint8Array,
    options: { params: Record<number, number> },
    done: (error: Error | null, result: Buffer) => void,
  ) => void;
};
/** ZSTD_c_compressionLevel */
const ZSTD_LEVEL = 100;

function gzipBlock(level: number): (block: Buffer) => Promise<Buffer> {
  const gzip = promisify<Uint8Array, zlib.ZlibOptions, Buffer>(zlib.gzip);
  return (block) => gzip(block, { level });
}

function zstdBlocks(source: ByteSource, level: number): ByteSource {
  const { zstdCompress } = newZlib;
  if (zstdCompress === undefined) return throughProgram(source, "zstd", ["-q", "-c", `-${level}`]);
  const options = { params: { [ZSTD_LEVEL]: level } };
  return blockwise(
    source,
    (block) =>
      new Promise((resolve, reject) =>
        zstdCompress(block, options, (error, result) => (error === null ? resolve(result) : reject(error))),
      ),
  );
}

async function* lz4Blocks(source: ByteSource): AsyncGenerator<Uint8Array> {
  yield* blockwise(source, await lz4Frames());
}

async function* blockwise(source: ByteSource, work: (block: Buffer) => Promise<Buffer>): AsyncGenerator<Uint8Array> {
  let isEmpty = true;
  for await (const frame of mapInOrder(inBlocks(source, BLOCK_BYTES), PARALLEL_BLOCKS, work)) {
    isEmpty = false;
    yield frame;
  }
  // Nothing at all would be refused by the programs.
  if (isEmpty) yield await work(Buffer.alloc(0));
}
