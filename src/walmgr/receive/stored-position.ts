// Where the receiver goes on after a start, by what is stored.
import { SkytoolsError } from "../../errors/index.ts";
import type { Lsn } from "../formats/index.ts";
import type { StoreRepository } from "../repository/index.ts";
import { furthest, type ReceiveArea, type WalPosition } from "./receive-area.ts";
import { roundDown } from "./start-position.ts";

export interface StoredPlaces {
  readonly area: ReceiveArea;
  readonly local: StoreRepository;
  readonly repositories: readonly StoreRepository[];
}

export interface StoredPosition {
  readonly position: WalPosition;
  /** How far the segment that begins there is written; the position's where none is begun. */
  readonly partialLsn: Lsn;
}

/**
 * Behind the last complete segment that was received here. Only where nothing ever was: behind the last one that anybody
 * has, or at what the slot keeps. Backups bring segments too, with holes between them. Null: there is nothing.
 */
export async function storedPosition(
  { area, local, repositories }: StoredPlaces,
  segmentBytes: number,
  kept: WalPosition | null,
): Promise<StoredPosition | null> {
  const here = await area.position(segmentBytes);
  const partials = (await local.wal.partials()).filter(({ isCopy }) => isCopy !== true);
  const hasBegun = partials.length > 0;
  const known =
    here ?? (hasBegun ? null : earliest(await newestStored(repositories, segmentBytes), kept, segmentBytes));
  const begun = partials
    .filter(({ timeline }) => known === null || timeline >= known.timeline)
    .map(({ timeline, number, writtenLsn }) => ({ at: { timeline, lsn: number * BigInt(segmentBytes) }, writtenLsn }));
  const position = furthest([...(known === null ? [] : [known]), ...begun.map(({ at }) => at)]);
  if (position === null) return null;
  const same = begun.find(({ at }) => at.timeline === position.timeline && at.lsn === position.lsn);
  return { position, partialLsn: same?.writtenLsn ?? position.lsn };
}

/** One that is away does not hold up the others. @throws when all are */
async function newestStored(
  repositories: readonly StoreRepository[],
  segmentBytes: number,
): Promise<WalPosition | null> {
  const results = await Promise.allSettled(repositories.map((one) => newestIn(one, segmentBytes)));
  const failed = results.filter((result) => result.status === "rejected").map(({ reason }) => reason as unknown);
  const serious = failed.find((reason) => !isAway(reason));
  if (serious !== undefined || failed.length === results.length) throw serious ?? failed[0];
  return furthest(results.flatMap((result) => (result.status === "fulfilled" ? (result.value ?? []) : [])));
}

async function newestIn(repository: StoreRepository, segmentBytes: number): Promise<WalPosition | null> {
  if ((await repository.identity()) === null) return null;
  const ends: WalPosition[] = [];
  for await (const { timeline, number } of repository.wal.segments()) {
    ends.push({ timeline, lsn: (number + 1n) * BigInt(segmentBytes) });
  }
  return furthest(ends);
}

function isAway(reason: unknown): boolean {
  return reason instanceof SkytoolsError && reason.code === "STORE_FAILED";
}

/** On another timeline the slot has nothing to say. */
function earliest(stored: WalPosition | null, kept: WalPosition | null, segmentBytes: number): WalPosition | null {
  if (stored === null || kept?.timeline !== stored.timeline) return stored;
  const lsn = roundDown(kept.lsn, segmentBytes);
  return lsn < stored.lsn ? { ...stored, lsn } : stored;
}
