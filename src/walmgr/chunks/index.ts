export { type ListedChunk, parseChunkList } from "./chunk-list.ts";
export { ChunkPool, chunkSizes } from "./chunk-pool.ts";
export { type ArchivePart, CHUNK_BYTES, ChunkCutter } from "./cutter.ts";
export { CHUNK_FOLDER, chunkObject, chunkOfObject } from "./names.ts";
export { openChunks, readChunk } from "./read-chunks.ts";
export { type ChunkTotals, storeChunks } from "./store-chunks.ts";
