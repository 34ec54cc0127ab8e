// The chunks that backups share: each is looked at once, whoever needs it. Are they there (level 1), and do their bytes fit
// their names (2)?
import { reasonOf, SkytoolsError } from "../../errors/index.ts";
import { type BackupDescription, chunksOf, type DoneBackup, isDone, readBackup } from "../backup/index.ts";
import { chunkObject, chunkSizes, readChunk } from "../chunks/index.ts";
import { type MainKey, mapInOrder } from "../codec/index.ts";
import { type Repository, withLeases } from "../repository/index.ts";
import type { Findings, VerifyLevel } from "./findings.ts";

export interface CheckChunksOptions {
  readonly repository: Repository;
  readonly keys: readonly MainKey[];
  readonly level: VerifyLevel;
  /** Those that are looked at. */
  readonly backups: readonly DoneBackup[];
  readonly all: readonly BackupDescription[];
  /** Damaged chunks are removed. */
  readonly discard: boolean;
  readonly findings: Findings;
  readonly signal: AbortSignal | undefined;
}

const PARALLEL_CHUNKS = 4;
const ANEW = "the next backup stores it anew if the server still has the same bytes";

/** @throws STORE_FAILED, LEASE_HELD with `discard` while a backup runs */
export async function checkChunks(options: CheckChunksOptions): Promise<void> {
  const { repository, keys, backups, findings, discard } = options;
  const needed = new Set<string>();
  for (const backup of backups) {
    // A list that is missing or damaged has been told already.
    const known = findings.isBad(backup.set);
    await findings.attempt(backup.set, () => collect(repository, backup, keys, needed).catch(unless(known)));
  }
  if (needed.size === 0) return;
  const bad = await badChunks(options, needed);
  if (bad.size === 0) return;
  const needs = await whoNeeds(options, bad);
  const damaged = [...bad.keys()].filter((name) => bad.get(name) !== MISSING && needs.has(name));
  const discarded = discard && damaged.length > 0 ? await discardDamaged(options, damaged) : new Set();
  for (const [name, sets] of needs) {
    const why = bad.get(name) ?? "";
    const then =
      why === MISSING
        ? ANEW
        : discarded.has(name)
          ? `it was removed: ${ANEW}`
          : `with --discard it is removed, and ${ANEW}`;
    findings.bad(chunkObject(name), `${why}; needed by ${sets.join(", ")}; ${then}`);
  }
}

const MISSING = "it is missing";

function unless(isKnown: boolean): (error: unknown) => void {
  return (error) => {
    if (!isKnown) throw error;
  };
}

async function collect(
  { store }: Repository,
  backup: DoneBackup,
  keys: readonly MainKey[],
  into: Set<string>,
): Promise<void> {
  for await (const { name } of chunksOf(store, backup, keys)) into.add(name);
}

/** With what is wrong. */
async function badChunks(
  { repository: { store }, keys, level, findings }: CheckChunksOptions,
  needed: ReadonlySet<string>,
): Promise<ReadonlyMap<string, string>> {
  const sizes = await chunkSizes(store);
  const bad = new Map<string, string>();
  for (const name of needed) if (!sizes.has(name)) bad.set(name, MISSING);
  if (level < 2) return bad;
  const look = async (name: string): Promise<void> => {
    await findings.attempt(chunkObject(name), async () => {
      const why = await damageOf(store, name, keys);
      if (why !== null) bad.set(name, why);
      findings.checkedBytes += sizes.get(name) ?? 0;
    });
  };
  const present = [...needed].filter((name) => sizes.has(name));
  const looks = mapInOrder(present, PARALLEL_CHUNKS, look);
  while ((await looks.next()).done !== true);
  return bad;
}

async function damageOf(store: Repository["store"], name: string, keys: readonly MainKey[]): Promise<string | null> {
  try {
    await readChunk(store, name, keys);
    return null;
  } catch (error) {
    const code = error instanceof SkytoolsError ? error.code : null;
    if (code === "STORE_OBJECT_MISSING") return MISSING;
    if (code === "REPOSITORY_DAMAGED") return reasonOf(error).replace(chunkObject(name), "it");
    throw error;
  }
}

/** Of bad chunks, the backups that need them. What an expire elsewhere took away meanwhile is needed by none. */
async function whoNeeds(
  { repository: { store }, keys, all }: CheckChunksOptions,
  bad: ReadonlyMap<string, string>,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const needs = new Map<string, string[]>();
  for (const backup of all.filter(isDone)) {
    const found = new Set<string>();
    try {
      for await (const { name } of chunksOf(store, backup, keys)) if (bad.has(name)) found.add(name);
    } catch (error) {
      if (error instanceof SkytoolsError && error.code === "STORE_FAILED") throw error;
    }
    if (found.size === 0 || (await readBackup(store, backup.set)) === null) continue;
    for (const name of found) needs.set(name, [...(needs.get(name) ?? []), backup.set]);
  }
  return needs;
}

/** Under the lease of backups, as one that runs counts on what is there. Looks once more: a line may have been bad. */
async function discardDamaged(
  { repository, keys, signal }: CheckChunksOptions,
  names: readonly string[],
): Promise<ReadonlySet<string>> {
  const discarded = new Set<string>();
  await withLeases({ repositories: [repository], names: ["backup"], signal }, async ({ requireHeld }) => {
    for (const name of names) {
      const why = await damageOf(repository.store, name, keys);
      if (why === null || why === MISSING) continue;
      await requireHeld();
      await repository.store.delete([chunkObject(name)]);
      discarded.add(name);
    }
  });
  return discarded;
}
