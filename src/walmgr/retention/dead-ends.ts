// What WAL leaves behind that leads nowhere any more: begun segments, labels and histories of timelines that were left.
import { partialStateOf, type Repository } from "../repository/index.ts";
import { readWalMap } from "../wal-map/index.ts";
import { segmentFilter, type WalNeeds } from "./needed-wal.ts";

/**
 * Removes them when their segments have gone, unless somebody has written them since `beforeMs`: the receiver may be at work
 * there. @throws STORE_FAILED
 */
export async function clearDeadEnds(repository: Repository, needs: WalNeeds, beforeMs: number): Promise<void> {
  if (needs.backups.length === 0) return;
  const { store, wal } = repository;
  const isNeeded = segmentFilter(needs);
  const remove = async (object: string, ...more: readonly string[]): Promise<void> => {
    const stat = await store.stat(object);
    if (stat !== null && stat.modifiedMs < beforeMs) await store.delete([object, ...more]);
  };
  for (const partial of await wal.partials()) {
    if (!isNeeded(partial)) await remove(partial.object, partialStateOf(partial.object));
  }
  const dead = await deadTimelines(repository, needs);
  for await (const { kind, timeline, number, object } of wal.others()) {
    if (kind === "history" || number === null) {
      if (dead.has(timeline)) await remove(object);
    } else if (!isNeeded({ timeline, number })) await remove(object);
  }
}

/**
 * Timelines older than all backups that stay, without WAL, and on no way. A recovery asks for each newer history than its
 * own in turn, and ends at the first one that is not there: so newer ones stay.
 */
async function deadTimelines({ wal }: Repository, { backups, map }: WalNeeds): Promise<ReadonlySet<number>> {
  if ((await wal.histories()).length === 0) return new Set();
  const oldest = Math.min(...backups.map(({ timeline }) => timeline));
  const left = await readWalMap(wal, map.segmentBytes);
  // Nobody knows which ones they tell of.
  if (left.damagedHistories.length > 0) return new Set();
  const isDead = (timeline: number): boolean => timeline < oldest && left.endOf(timeline) === 0n;
  const used = left.timelines.filter((timeline) => !isDead(timeline));
  const ancestors = new Set(used.flatMap((timeline) => left.history(timeline).map((entry) => entry.timeline)));
  return new Set(left.timelines.filter((timeline) => isDead(timeline) && !ancestors.has(timeline)));
}
