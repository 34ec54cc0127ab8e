// Prints results as an aligned table while they come in, or as JSON at the end.
import type { Result } from "./measure.ts";

export interface Failure {
  readonly name: string;
  readonly error: string;
}

const widths = [52, 8, 8, 6, 15, 7, 7, 7];

/** The line of column titles. */
export function heading(): string {
  return line(["", "C /s", "ours /s", "ratio", "(min … max)", "by CPU", "target", ""]);
}

export function resultLine({ name, perSecond, ratio, cpuRatio, target, met }: Result): string {
  return line([
    name,
    rounded(perSecond.C),
    rounded(perSecond.ours),
    ratio.median.toFixed(2),
    `(${ratio.min.toFixed(2)} … ${ratio.max.toFixed(2)})`,
    cpuRatio === null ? "" : cpuRatio.toFixed(2),
    target === null ? "" : `${target.kind === "rate" ? "≥" : "≤"} ${target.ratio}`,
    met === null ? "" : met ? "met" : "MISSED",
  ]);
}

export function failureLine({ name, error }: Failure): string {
  return `${name.padEnd(widths[0]!)}  failed: ${error}`;
}

/** The last line: how many targets were met, and which results were too noisy to say. */
export function verdict(results: readonly Result[], failures: readonly Failure[]): string {
  const aimed = results.filter((result) => result.met !== null);
  const met = aimed.filter((result) => result.met === true);
  const unsure = aimed.filter(({ ratio, target }) => ratio.min < target!.ratio && ratio.max > target!.ratio);
  const parts = [`${met.length} of ${aimed.length} targets met`];
  if (unsure.length > 0) parts.push(`${unsure.length} with the target inside the noise`);
  if (failures.length > 0) parts.push(`${failures.length} failed to run`);
  return parts.join(", ");
}

function rounded(perSecond: number): string {
  return perSecond >= 100 ? perSecond.toFixed(0) : perSecond.toPrecision(3);
}

function line(cells: readonly string[]): string {
  return cells
    .map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
    .join("  ")
    .trimEnd();
}
