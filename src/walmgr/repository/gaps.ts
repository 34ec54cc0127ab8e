// gaps.json: WAL that nobody could deliver any more, and whether somebody has seen that.
import type { Clock } from "../../clock/index.ts";
import { SkytoolsError } from "../../errors/index.ts";
import { formatLsn, type Lsn, parseLsn } from "../formats/index.ts";
import { readText, type Store, writeText } from "../store/index.ts";
import type { WalGap } from "./types.ts";

const NAME = "gaps.json";

type GapText = { readonly [K in keyof WalGap]: WalGap[K] extends bigint ? string : WalGap[K] };

export async function readGaps(store: Store): Promise<readonly WalGap[]> {
  const text = await readText(store, NAME);
  if (text === null) return [];
  try {
    const gaps = JSON.parse(text) as readonly GapText[];
    return gaps.map((gap) => ({ ...gap, startLsn: parseLsn(gap.startLsn), endLsn: parseLsn(gap.endLsn) }));
  } catch (cause) {
    throw new SkytoolsError("REPOSITORY_DAMAGED", `${NAME} of ${store.description} cannot be read`, {
      cause,
      hint: "remove it: `verify` tells which WAL is missing; take a full backup if you are not sure",
    });
  }
}

export async function addGap(store: Store, gap: Omit<WalGap, "found" | "isAcknowledged">, clock: Clock): Promise<void> {
  const gaps = await readGaps(store);
  const isKnown = gaps.some(({ timeline, startLsn }) => timeline === gap.timeline && startLsn === gap.startLsn);
  if (isKnown) return;
  await writeGaps(store, [...gaps, { ...gap, found: new Date(clock.now()).toISOString(), isAcknowledged: false }]);
}

/** Returns how many were open. */
export async function acknowledge(store: Store, beforeLsn: Lsn): Promise<number> {
  const gaps = await readGaps(store);
  const concerned = gaps.filter(({ isAcknowledged, startLsn }) => !isAcknowledged && startLsn < beforeLsn);
  if (concerned.length === 0) return 0;
  await writeGaps(
    store,
    gaps.map((gap) => (concerned.includes(gap) ? { ...gap, isAcknowledged: true } : gap)),
  );
  return concerned.length;
}

async function writeGaps(store: Store, gaps: readonly WalGap[]): Promise<void> {
  const texts = gaps.map((gap) => ({ ...gap, startLsn: formatLsn(gap.startLsn), endLsn: formatLsn(gap.endLsn) }));
  await writeText(store, NAME, `${JSON.stringify(texts, null, 2)}\n`);
}
