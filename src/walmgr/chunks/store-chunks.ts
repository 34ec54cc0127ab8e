// An archive on its way into chunks: what comes out is the list of them. A line is given when its chunk is durable.
import { bytesOf, type ByteSource, type Coding, encode, mapInOrder, readAll } from "../codec/index.ts";
import { formatListed } from "./chunk-list.ts";
import type { ChunkPool } from "./chunk-pool.ts";
import { type ArchivePart, cutChunks } from "./cutter.ts";
import { chunkName } from "./names.ts";

/** Of all chunks of an archive. */
export interface ChunkTotals {
  count: number;
  /** One that comes twice in a backup counts once. */
  storedBytes: number;
  /** Of those that were not there yet. */
  addedBytes: number;
}

export interface StoreChunksOptions {
  readonly pool: ChunkPool;
  readonly coding: Coding;
  /** Chunks on their way at once: each takes some 8 MB of memory. */
  readonly parallel: number;
  readonly signal: AbortSignal | undefined;
  /** Grows with the list. */
  readonly totals: ChunkTotals;
}

/** @throws STORE_FAILED, CODEC_MISSING, ARCHIVE_INVALID, and what the source throws */
export async function* storeChunks(source: ByteSource, options: StoreChunksOptions): AsyncGenerator<Buffer> {
  const { pool, coding, parallel, signal, totals } = options;
  const store = async ({ bytes, isHeader }: ArchivePart): Promise<string> => {
    if (isHeader) return formatListed(bytes);
    const name = await chunkName(bytes, coding);
    const { storedBytes, isNew } = await pool.put(name, () => readAll(encode(bytesOf(bytes), coding)), signal);
    totals.count += 1;
    totals.storedBytes += storedBytes;
    if (isNew) totals.addedBytes += storedBytes;
    return formatListed({ name, plainBytes: bytes.length });
  };
  for await (const line of mapInOrder(cutChunks(source), parallel, store)) yield Buffer.from(line);
}
