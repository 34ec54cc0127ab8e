// Runs a contest in pairs, the order turned round from pair to pair, and reduces it to the median of the pairs' ratios.
import type { Contest, Side, SideName, Target } from "./contest.ts";
import { median } from "./median.ts";

export interface Result {
  readonly name: string;
  /** Medians of the runs, things a second. */
  readonly perSecond: Readonly<Record<SideName, number>>;
  /** As the target counts it; a rate where there is no target. */
  readonly ratio: { readonly median: number; readonly min: number; readonly max: number };
  readonly pairs: number;
  readonly target: Target | null;
  readonly met: boolean | null;
}

/** @throws what the first failing run throws */
export async function measure(contest: Contest, sides: Record<SideName, Side>, pairs: number): Promise<Result> {
  await runOnce(contest, sides.C); // warm-up: caches, plans, files grown to their size
  await runOnce(contest, sides.ours);

  const seconds: Record<SideName, number[]> = { C: [], ours: [] };
  for (let pair = 0; pair < pairs; pair += 1) {
    const order: SideName[] = pair % 2 === 0 ? ["C", "ours"] : ["ours", "C"];
    for (const side of order) seconds[side].push(await runOnce(contest, sides[side]));
  }
  return summarize(contest, seconds);
}

async function runOnce(contest: Contest, side: Side): Promise<number> {
  await contest.prepare?.(side);
  await side.client.query("checkpoint");
  return contest.run(side);
}

function summarize(contest: Contest, seconds: Record<SideName, readonly number[]>): Result {
  const target = contest.target ?? null;
  const rates = seconds.ours.map((ours, pair) => seconds.C[pair]! / ours);
  const ratios = target?.kind === "cost" ? rates.map((rate) => 1 / rate) : rates;
  const middle = median(ratios);
  return {
    name: contest.name,
    perSecond: { C: contest.amount / median(seconds.C), ours: contest.amount / median(seconds.ours) },
    ratio: { median: middle, min: Math.min(...ratios), max: Math.max(...ratios) },
    pairs: ratios.length,
    target,
    met: target === null ? null : target.kind === "rate" ? middle >= target.ratio : middle <= target.ratio,
  };
}
