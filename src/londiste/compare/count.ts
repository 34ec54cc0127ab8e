// Only the numbers of rows. They are counted again while they differ and go on changing.
import type { TableComparison } from "./options.ts";
import type { SettleOptions } from "./settle.ts";

export async function countRows({
  source,
  target,
  snapshots,
  clock,
  intervalMs,
  limitMs,
  signal,
}: SettleOptions): Promise<Omit<TableComparison, "table" | "match" | "durationMs">> {
  const deadline = clock.now() + limitMs;
  let before: readonly [bigint, bigint] | null = null;
  for (;;) {
    signal?.throwIfAborted();
    const [pair] = await snapshots.renew(1);
    if (pair === undefined) throw new Error("no session");
    const now: readonly [bigint, bigint] = await Promise.all([source.count(pair.source), target.count(pair.target)]);
    await snapshots.end();
    const isSettled = now[0] === now[1] || (now[0] === before?.[0] && now[1] === before[1]);
    if (isSettled || clock.now() > deadline) return result(...now, isSettled);
    before = now;
    await clock.sleep(intervalMs, signal);
  }
}

function result(
  ours: bigint,
  theirs: bigint,
  isSettled: boolean,
): Omit<TableComparison, "table" | "match" | "durationMs"> {
  return {
    source: { rows: ours, checksum: null },
    target: { rows: theirs, checksum: null },
    inserts: isSettled && ours > theirs ? Number(ours - theirs) : 0,
    updates: 0,
    deletes: isSettled && theirs > ours ? Number(theirs - ours) : 0,
    undecided: isSettled ? 0 : Number(ours > theirs ? ours - theirs : theirs - ours),
    inFlight: 0,
    isEqual: ours === theirs,
    isResumed: false,
    examples: [],
  };
}
