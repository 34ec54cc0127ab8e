// Prints what was measured: a line a figure with all peers, and a line a target.
import { median } from "./median.ts";
import type { Reading } from "./meter.ts";
import type { Contest, Target } from "./peer-contest.ts";

type AnyTarget = Target<string>;

/** The peer that targets are about. */
const OURS = "ours";

/** Readings of one peer, round by round; empty where it was not measured. */
export type Readings = ReadonlyMap<string, readonly Reading[]>;

export interface Verdict {
  readonly target: AnyTarget;
  readonly measured: number;
  readonly min: number;
  readonly max: number;
  readonly isMet: boolean;
  /** The same ratio by CPU time where the figure is a rate. */
  readonly byCpu: number | null;
}

export interface ContestResult {
  readonly name: string;
  readonly figures: Readonly<Record<string, string>>;
  readonly readings: Readings;
  readonly verdicts: readonly Verdict[];
}

type Judged = Pick<Contest<string, never, never>, "name" | "figures" | "targets">;

export function judge({ name, figures, targets }: Judged, readings: Readings): ContestResult {
  return { name, figures, readings, verdicts: targets.map((target) => judgeTarget(target, readings)) };
}

function judgeTarget(target: AnyTarget, readings: Readings): Verdict {
  const values = (figure: string): number[] =>
    (readings.get(OURS) ?? []).map((reading, round) => {
      const other = target.to === undefined ? 1 : (readings.get(target.to)?.[round]?.[figure] ?? NaN);
      return reading[figure]! / other;
    });
  const all = values(target.figure);
  const measured = median(all);
  return {
    target,
    measured,
    min: Math.min(...all),
    max: Math.max(...all),
    isMet: isMet(target, Number(rounded(measured))),
    byCpu: target.figure === "rate" && target.to !== undefined ? 1 / median(values("cpu")) : null,
  };
}

/** As printed: the log of the server has records of its own, so that the same work differs in the fourth digit. */
function isMet({ kind, value }: AnyTarget, measured: number): boolean {
  return kind === "atLeast" ? measured >= value : measured <= value;
}

const LABEL = 46;
const CELL = 10;

export function heading(peers: readonly string[]): string {
  return line("", peers);
}

export function resultLines(peers: readonly string[], result: ContestResult): string {
  const { name, figures, readings, verdicts } = result;
  const figureLines = Object.entries(figures).map(([figure, unit]) =>
    line(
      `  ${figure}, ${unit}`,
      peers.map((peer) => {
        const values = (readings.get(peer) ?? []).map((reading) => reading[figure]!);
        return values.length === 0 ? "" : rounded(median(values));
      }),
    ),
  );
  return [name, ...figureLines, ...verdicts.map(verdictLine)].join("\n");
}

function verdictLine({ target, measured, min, max, isMet, byCpu }: Verdict): string {
  const what = target.to === undefined ? `ours, ${target.figure}` : `ours / ${target.to}, ${target.figure}`;
  const range = min === max ? "" : ` (${rounded(min)} … ${rounded(max)})`;
  const cpu = byCpu === null || !Number.isFinite(byCpu) ? "" : `, by CPU ${rounded(byCpu)}`;
  const sign = target.kind === "atLeast" ? "≥" : "≤";
  return `  → ${what}: ${rounded(measured)}${range}${cpu}; target ${sign} ${rounded(target.value)}: ${isMet ? "met" : "MISSED"}`;
}

export function summary(results: readonly ContestResult[], failures: readonly string[]): string {
  const verdicts = results.flatMap((result) => result.verdicts);
  const met = verdicts.filter(({ isMet }) => isMet).length;
  const failed = failures.length === 0 ? "" : `, ${failures.length} failed to run`;
  return `${met} of ${verdicts.length} targets met${failed}`;
}

function line(label: string, cells: readonly string[]): string {
  return [label.padEnd(LABEL), ...cells.map((cell) => cell.padStart(CELL))].join("").trimEnd();
}

function rounded(value: number): string {
  return Math.abs(value) >= 100 ? value.toFixed(0) : String(Number(value.toPrecision(3)));
}
