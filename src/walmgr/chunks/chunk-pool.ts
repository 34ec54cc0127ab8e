// The chunks that repositories have, as a backup sees them: each repository gets what it lacks. What an earlier try has left is
// there already.
import type { Store, StoreBody } from "../store/index.ts";
import { CHUNK_FOLDER, chunkObject, chunkOfObject } from "./names.ts";

export interface PutChunk {
  /** 0: the backup has it already. */
  readonly storedBytes: number;
  /** A repository lacked it. */
  readonly isNew: boolean;
}

interface Place {
  readonly store: Store;
  /** Stored bytes by name: some 150 bytes of memory a chunk, 40 MB for a terabyte. */
  readonly sizes: Map<string, number>;
}

/** Valid while its owner holds the lease of backups: chunks are removed under it. */
export class ChunkPool {
  readonly #places: readonly Place[];
  readonly #running = new Map<string, Promise<unknown>>();
  /** By this backup; some 100 bytes each. */
  readonly #put = new Set<string>();

  private constructor(places: readonly Place[]) {
    this.#places = places;
  }

  /** Lists all chunks of each. @throws STORE_FAILED */
  static async open(stores: readonly Store[]): Promise<ChunkPool> {
    return new ChunkPool(await Promise.all(stores.map(async (store) => ({ store, sizes: await chunkSizes(store) }))));
  }

  /** `encode` is asked for the bytes only where they are missing. May be called for several at once. @throws STORE_FAILED */
  async put(name: string, encode: () => Promise<Buffer>, signal?: AbortSignal): Promise<PutChunk> {
    if (this.#put.has(name)) {
      await this.#running.get(name);
      return { storedBytes: 0, isNew: false };
    }
    this.#put.add(name);
    const lacking = this.#places.filter(({ sizes }) => !sizes.has(name));
    if (lacking.length > 0) {
      const putting = putInto(lacking, name, encode, signal).finally(() => this.#running.delete(name));
      this.#running.set(name, putting);
      await putting;
    }
    return { storedBytes: this.#places[0]?.sizes.get(name) ?? 0, isNew: lacking.length > 0 };
  }
}

async function putInto(
  places: readonly Place[],
  name: string,
  encode: () => Promise<Buffer>,
  signal: AbortSignal | undefined,
): Promise<void> {
  const bytes = await encode();
  const body: StoreBody = [bytes];
  const puts = places.map(async ({ store, sizes }) => {
    await store.put(chunkObject(name), body, { sizeBytes: bytes.length, signal });
    sizes.set(name, bytes.length);
  });
  const failed = (await Promise.allSettled(puts)).find((result) => result.status === "rejected");
  if (failed !== undefined) throw failed.reason as Error;
}

/** Stored bytes of all chunks, by name. @throws STORE_FAILED */
export async function chunkSizes(store: Store): Promise<Map<string, number>> {
  const sizes = new Map<string, number>();
  for await (const { name: object, sizeBytes } of store.list(`${CHUNK_FOLDER}/`)) {
    const name = chunkOfObject(object);
    if (name !== null) sizes.set(name, sizeBytes);
  }
  return sizes;
}
