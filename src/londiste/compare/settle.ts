// Looks again at rows that differed. A row that is equal once was only on its way. One that differs twice, without having
// changed on either side in between, differs. The rest is looked at again until the time is over.
import type { Clock } from "../../clock/index.ts";
import { differingRows, keyId, type Suspect } from "./differ.ts";
import type { Settled } from "./settled.ts";
import type { DifferenceKind, RowDifference } from "./difference.ts";
import type { Reader } from "./reader.ts";
import type { SessionPair, Snapshots } from "./snapshots.ts";

export interface SettleOptions {
  readonly source: Reader;
  readonly target: Reader;
  /** Sessions of their own. */
  readonly snapshots: Snapshots;
  readonly clock: Clock;
  readonly intervalMs: number;
  readonly limitMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** `seenAtMs`: when the suspects were read. */
export async function settle(
  suspects: readonly Suspect[],
  seenAtMs: number,
  { source, target, snapshots, clock, intervalMs, limitMs, signal }: SettleOptions,
): Promise<Settled> {
  const differences: RowDifference[] = [];
  let open = suspects;
  let seenAt = seenAtMs;
  const deadline = clock.now() + limitMs;
  do {
    await clock.sleep(Math.max(0, seenAt + intervalMs - clock.now()), signal);
    signal?.throwIfAborted();
    seenAt = clock.now();
    const [pair] = await snapshots.renew(1);
    if (pair === undefined) break;
    const before = new Map(open.map((suspect) => [keyId(suspect.key), suspect]));
    const again = await look(open, pair, source, target);
    await snapshots.end();
    const isSettled = (now: Suspect): boolean => isSame(now, before.get(keyId(now.key)));
    differences.push(...again.filter(isSettled).map(toDifference));
    open = again.filter((now) => !isSettled(now));
  } while (open.length > 0 && clock.now() < deadline);
  const inFlight = suspects.length - differences.length - open.length;
  return { differences, undecided: open.length, inFlight };
}

async function look(
  suspects: readonly Suspect[],
  pair: SessionPair,
  source: Reader,
  target: Reader,
): Promise<readonly Suspect[]> {
  const keys = suspects.map(({ key }) => key);
  return differingRows(...(await Promise.all([source.rowsOf(pair.source, keys), target.rowsOf(pair.target, keys)])));
}

function isSame(now: Suspect, before: Suspect | undefined): boolean {
  return before?.sourceHash === now.sourceHash && before.targetHash === now.targetHash;
}

export function toDifference({ key, sourceHash, targetHash, surplus = 1 }: Suspect): RowDifference {
  const kind: DifferenceKind = targetHash === null ? "insert" : sourceHash === null ? "delete" : "update";
  return { kind, key, count: Math.abs(surplus), sourceHash, targetHash };
}
