// Backups that somebody wants to keep: one small object each, beside the backup's own.
import { SkytoolsError } from "../../errors/index.ts";
import { folderOf, readBackup, setsOf } from "../backup/index.ts";
import { type Repository, withLeases } from "../repository/index.ts";
import { readText, type Store, writeText } from "../store/index.ts";
import type { Pin } from "./rules.ts";

const PIN_FILE = "keep.json";
/** Held while backups are removed, and while one is pinned: a pin that is written after the look at pins would come too late. */
export const EXPIRE_LEASE = "expire";

export async function readPins(store: Store): Promise<readonly Pin[]> {
  const sets = await setsOf(store);
  const texts = await Promise.all(sets.map((set) => readText(store, pinName(set))));
  return sets.flatMap((set, i) => {
    const text = texts[i] ?? null;
    return text === null ? [] : [{ set, untilMs: parsePin(text) }];
  });
}

/** The signal ends the waiting for the lease. @throws BACKUP_NOT_FOUND, LEASE_HELD while backups are removed, ABORTED */
export async function pinBackup(repository: Repository, { set, untilMs }: Pin, signal?: AbortSignal): Promise<void> {
  const { store } = repository;
  await withLeases({ repositories: [repository], names: [EXPIRE_LEASE], signal }, async ({ requireHeld }) => {
    if ((await readBackup(store, set)) === null) {
      throw new SkytoolsError("BACKUP_NOT_FOUND", `there is no backup ${set}`);
    }
    const until = untilMs === null ? null : new Date(untilMs).toISOString();
    await writeText(store, pinName(set), `${JSON.stringify({ until })}\n`);
    await requireHeld();
  });
}

export async function unpinBackup(store: Store, set: string): Promise<void> {
  await store.delete([pinName(set)]);
}

export function pinName(set: string): string {
  return `${folderOf(set)}/${PIN_FILE}`;
}

/** What cannot be read keeps its backup. */
function parsePin(text: string): number | null {
  try {
    const { until } = JSON.parse(text) as { until: string | null };
    const untilMs = until === null ? NaN : Date.parse(until);
    return Number.isNaN(untilMs) ? null : untilMs;
  } catch {
    return null;
  }
}
