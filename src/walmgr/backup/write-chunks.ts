// Writes an archive as chunks: into the folder of the backup goes the list of them alone.
import { type ChunkPool, type ChunkTotals, storeChunks } from "../chunks/index.ts";
import { type ByteSource, type Coding, expandLent } from "../codec/index.ts";
import type { Store } from "../store/index.ts";
import type { BackupObject } from "./description.ts";
import { type ObjectPlan, writeObject } from "./write-object.ts";

export interface WriteChunksOptions {
  readonly pool: ChunkPool;
  readonly parallel: number;
  readonly signal: AbortSignal | undefined;
}

/**
 * What a server has compressed is expanded here, as only plain bytes can be cut, and the chunks are compressed in the same
 * way. @throws STORE_FAILED, CODEC_MISSING, ARCHIVE_INVALID, and whatever the source throws
 */
export async function writeChunks(
  stores: readonly Store[],
  plan: ObjectPlan,
  source: ByteSource,
  options: WriteChunksOptions,
): Promise<BackupObject> {
  const { folder, kind, oid = null, arrivesAs = "none" } = plan;
  const coding: Coding = arrivesAs === "none" ? plan.coding : { compression: arrivesAs, key: plan.coding.key ?? null };
  const totals: ChunkTotals = { count: 0, storedBytes: 0, addedBytes: 0 };
  const list = storeChunks(expandLent(source, arrivesAs), { ...options, coding, totals });
  const name = plan.name.replace(/\.tar$/, ".chunks");
  const object = await writeObject(stores, { folder, name, kind, oid, coding }, list, options.signal);
  return { ...object, form: "chunks", chunks: totals };
}
