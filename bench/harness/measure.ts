// Runs a contest in pairs, the order turned round from pair to pair, and reduces it to the median of the pairs' ratios.
import type { Contest, Side, SideName, Target } from "./contest.ts";
import { median } from "./median.ts";
import type { Sides } from "./sides.ts";

export interface Result {
  readonly name: string;
  /** Medians of the runs, things a second. */
  readonly perSecond: Readonly<Record<SideName, number>>;
  /** As the target counts it; a rate where there is no target. */
  readonly ratio: { readonly median: number; readonly min: number; readonly max: number };
  /** The same from the server's CPU time; null where a run used too little of it to tell. */
  readonly cpuRatio: number | null;
  readonly pairs: number;
  readonly target: Target | null;
  readonly met: boolean | null;
}

interface Run {
  readonly seconds: number;
  readonly cpuSeconds: number;
}

/** The kernel counts in hundredths: below this the ratio would be off by more than a tenth. */
const LEAST_CPU_SECONDS = 0.2;

/** @throws what the first failing run throws */
export async function measure(contest: Contest, session: Sides, pairs: number): Promise<Result> {
  const { C, ours } = session.sides;
  await runOnce(contest, session, C); // warm-up: caches, plans, files grown to their size
  await runOnce(contest, session, ours);

  const runs: Record<SideName, Run[]> = { C: [], ours: [] };
  for (let pair = 0; pair < pairs; pair += 1) {
    const order = pair % 2 === 0 ? [C, ours] : [ours, C];
    for (const side of order) runs[side.name].push(await runOnce(contest, session, side));
  }
  return summarize(contest, runs);
}

async function runOnce(contest: Contest, session: Sides, side: Side): Promise<Run> {
  await contest.prepare?.(side);
  await side.client.query("checkpoint");
  const before = session.cpuSeconds();
  const seconds = await contest.run(side);
  return { seconds, cpuSeconds: session.cpuSeconds() - before };
}

function summarize(contest: Contest, runs: Readonly<Record<SideName, readonly Run[]>>): Result {
  const target = contest.target ?? null;
  const ratiosOf = (measured: keyof Run): number[] =>
    runs.ours.map((ours, pair) => {
      const slowness = ours[measured] / runs.C[pair]![measured];
      return target?.kind === "cost" ? slowness : 1 / slowness;
    });
  const ratios = ratiosOf("seconds");
  const middle = median(ratios);
  const hasCpu = [...runs.C, ...runs.ours].every(({ cpuSeconds }) => cpuSeconds >= LEAST_CPU_SECONDS);
  const perSecond = (side: SideName): number => contest.amount / median(runs[side].map(({ seconds }) => seconds));
  return {
    name: contest.name,
    perSecond: { C: perSecond("C"), ours: perSecond("ours") },
    ratio: { median: middle, min: Math.min(...ratios), max: Math.max(...ratios) },
    cpuRatio: hasCpu ? median(ratiosOf("cpuSeconds")) : null,
    pairs: ratios.length,
    target,
    met: target === null ? null : target.kind === "rate" ? middle >= target.ratio : middle <= target.ratio,
  };
}
