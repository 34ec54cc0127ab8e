// Chunks that no backup refers to any more. Called under the lease of backups: a backup that runs counts on those it has seen.
import { type BackupDescription, chunksOf } from "../backup/index.ts";
import { CHUNK_FOLDER, chunkObject, chunkOfObject } from "../chunks/index.ts";
import type { MainKey } from "../codec/index.ts";
import { reasonOf, SkytoolsError } from "../../errors/index.ts";
import type { Store } from "../store/index.ts";

export interface SweepPlan {
  /** Chunks that may go. */
  readonly names: readonly string[];
  readonly freedBytes: number;
  /** Why all of them stay. */
  readonly note: string | null;
}

export interface SweepOptions {
  readonly store: Store;
  readonly keys: readonly MainKey[];
  /** All backups that there will be, whatever their state. */
  readonly surviving: readonly BackupDescription[];
  /** Backups that go: what they alone refer to need not wait. */
  readonly removed: readonly BackupDescription[];
  /** Others that were stored since stay: a backup that failed has left them for the next try. */
  readonly beforeMs: number;
}

const NOTHING: SweepPlan = { names: [], freedBytes: 0, note: null };
const AT_ONCE = 200;

/**
 * Has the names of all chunks of the backups in memory, some 100 bytes each. When a single one of the lists cannot be read,
 * nobody knows which chunks are needed, and all stay. @throws STORE_FAILED
 */
export async function planSweep({ store, keys, surviving, removed, beforeMs }: SweepOptions): Promise<SweepPlan> {
  if (!(await hasChunks(store))) return NOTHING;
  const needed = new Set<string>();
  for (const backup of surviving) {
    const why = await collect(store, backup, keys, needed);
    if (why !== null) {
      return {
        ...NOTHING,
        note: `chunks that no backup needs any more stay: what ${backup.set} needs is not known: ${why}`,
      };
    }
  }
  const released = new Set<string>();
  for (const backup of removed) await collect(store, backup, keys, released);
  const names: string[] = [];
  let freedBytes = 0;
  for await (const { name: object, sizeBytes, modifiedMs } of store.list(`${CHUNK_FOLDER}/`)) {
    const name = chunkOfObject(object);
    if (name === null || needed.has(name) || (modifiedMs >= beforeMs && !released.has(name))) continue;
    names.push(name);
    freedBytes += sizeBytes;
  }
  return { names, freedBytes, note: null };
}

/** After the backups that referred to them are gone; killed in the middle, the next run does the rest. @throws STORE_FAILED */
export async function sweep(store: Store, { names }: SweepPlan, requireHeld: () => Promise<void>): Promise<void> {
  for (let i = 0; i < names.length; i += AT_ONCE) {
    await requireHeld();
    await store.delete(names.slice(i, i + AT_ONCE).map(chunkObject));
  }
}

async function hasChunks(store: Store): Promise<boolean> {
  for await (const { name } of store.list(`${CHUNK_FOLDER}/`)) if (chunkOfObject(name) !== null) return true;
  return false;
}

/** Null, or why it cannot be known. */
async function collect(
  store: Store,
  backup: BackupDescription,
  keys: readonly MainKey[],
  into: Set<string>,
): Promise<string | null> {
  if (backup.state === "damaged") return backup.error ?? "its description cannot be read";
  try {
    for await (const { name } of chunksOf(store, backup, keys)) into.add(name);
    return null;
  } catch (error) {
    if (!(error instanceof SkytoolsError) || error.code === "STORE_FAILED") throw error;
    return reasonOf(error);
  }
}
