// gaps.json: WAL that nobody could deliver any more, and whether somebody has seen that. Changed under a lease of its own.
import type { Clock } from "../../clock/index.ts";
import { SkytoolsError } from "../../errors/index.ts";
import { formatLsn, type Lsn, parseLsn } from "../formats/index.ts";
import { readText, type Store, writeText } from "../store/index.ts";
import { takeLease } from "./lease.ts";
import type { Lease, WalGap } from "./types.ts";

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

/** One that is known is made longer where it has grown, and is open again then. */
export async function addGap(store: Store, gap: Omit<WalGap, "found" | "isAcknowledged">, clock: Clock): Promise<void> {
  const found = new Date(clock.now()).toISOString();
  await changeGaps(store, clock, (gaps) => {
    const known = gaps.find(({ timeline, startLsn }) => timeline === gap.timeline && startLsn === gap.startLsn);
    if (known === undefined) return [...gaps, { ...gap, found, isAcknowledged: false }];
    if (known.endLsn >= gap.endLsn) return gaps;
    return gaps.map((one) => (one === known ? { ...one, endLsn: gap.endLsn, isAcknowledged: false } : one));
  });
}

/** Returns how many were open. */
export async function acknowledge(store: Store, beforeLsn: Lsn, clock: Clock): Promise<number> {
  const isConcerned = ({ isAcknowledged, startLsn }: WalGap): boolean => !isAcknowledged && startLsn < beforeLsn;
  let open = 0;
  await changeGaps(store, clock, (gaps) => {
    open = gaps.filter(isConcerned).length;
    return open === 0 ? gaps : gaps.map((gap) => (isConcerned(gap) ? { ...gap, isAcknowledged: true } : gap));
  });
  return open;
}

/** A moment: who holds the lease writes one small file. */
const LEASE_PAUSE_MS = 100;
const LEASE_TRIES = 100;

/** One at a time, so that nobody's gap is lost; what gives the list that it was given changes nothing. @throws LEASE_HELD */
async function changeGaps(
  store: Store,
  clock: Clock,
  change: (gaps: readonly WalGap[]) => readonly WalGap[],
): Promise<void> {
  const seen = await readGaps(store);
  if (change(seen) === seen) return;
  const lease = await shortLease(store, clock);
  try {
    const gaps = await readGaps(store);
    const changed = change(gaps);
    await lease.requireHeld();
    if (changed !== gaps) await writeGaps(store, changed);
  } finally {
    await lease.release();
  }
}

async function shortLease(store: Store, clock: Clock): Promise<Lease> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await takeLease(store, "gaps", clock);
    } catch (error) {
      const isHeld = error instanceof SkytoolsError && error.code === "LEASE_HELD";
      if (!isHeld || tries === LEASE_TRIES) throw error;
    }
    await clock.sleep(LEASE_PAUSE_MS);
  }
}

async function writeGaps(store: Store, gaps: readonly WalGap[]): Promise<void> {
  const texts = gaps.map((gap) => ({ ...gap, startLsn: formatLsn(gap.startLsn), endLsn: formatLsn(gap.endLsn) }));
  await writeText(store, NAME, `${JSON.stringify(texts, null, 2)}\n`);
}
