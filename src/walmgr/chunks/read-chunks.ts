// The bytes of chunks, each compared with its name.
import { SkytoolsError } from "../../errors/index.ts";
import { type ByteSource, decode, type MainKey, mapInOrder, readAll, splitCodedName } from "../codec/index.ts";
import type { Store } from "../store/index.ts";
import { type ListedChunk, parseChunkList } from "./chunk-list.ts";
import { chunkObject, isChunkNamed } from "./names.ts";

/** Chunks that are fetched at once, each in memory. */
const PARALLEL_CHUNKS = 4;

/** The archive that the list stands for. @throws as readChunk() */
export function openChunks(store: Store, list: ByteSource, keys: readonly MainKey[]): AsyncGenerator<Buffer> {
  return mapInOrder(parseChunkList(list), PARALLEL_CHUNKS, async (part) =>
    Buffer.isBuffer(part) ? part : await readListed(store, part, keys),
  );
}

async function readListed(store: Store, { name, plainBytes }: ListedChunk, keys: readonly MainKey[]): Promise<Buffer> {
  const plain = await readChunk(store, name, keys);
  if (plain.length === plainBytes) return plain;
  throw damagedChunk(name, `it has ${plain.length} bytes instead of ${plainBytes}`);
}

/** @throws STORE_OBJECT_MISSING, REPOSITORY_DAMAGED, ENCRYPTION_KEY, CODEC_MISSING, STORE_FAILED */
export async function readChunk(store: Store, name: string, keys: readonly MainKey[]): Promise<Buffer> {
  const plain = await readPlain(store, name, keys);
  if (await isChunkNamed(name, plain, keys)) return plain;
  throw damagedChunk(name, "its bytes are not those that it is named after");
}

async function readPlain(store: Store, name: string, keys: readonly MainKey[]): Promise<Buffer> {
  try {
    return await readAll(decode(await store.get(chunkObject(name)), splitCodedName(name), keys));
  } catch (error) {
    if (!(error instanceof SkytoolsError) || error.code !== "REPOSITORY_DAMAGED") throw error;
    throw damagedChunk(name, error.message, error);
  }
}

function damagedChunk(name: string, why: string, cause?: unknown): SkytoolsError {
  return new SkytoolsError("REPOSITORY_DAMAGED", `${chunkObject(name)} is damaged: ${why}`, { cause });
}
