// What an installation did, for people and for programs.
import { packageVersion } from "../../service/index.ts";
import type { InstalledState } from "./state.ts";

export type InstallOutcome = "fresh" | "upgraded" | "taken over" | "unchanged";

export interface InstallReport {
  readonly schema: string;
  readonly outcome: InstallOutcome;
  /** What was there; null when nothing was, or when it does not tell. */
  readonly fromVersion: string | null;
  readonly toVersion: string;
  readonly functionsAdded: readonly string[];
  readonly functionsChanged: readonly string[];
  readonly stepsRun: readonly string[];
  readonly isDryRun: boolean;
  /** What was run, or would be run. Empty when there was nothing to do. */
  readonly sql: string;
}

/** Compares the states before and after. An empty `sql` means that nothing was to do. */
export function describeChanges(
  schema: string,
  before: InstalledState,
  after: InstalledState,
  sql: string,
): InstallReport {
  const names = [...after.functions.keys()];
  return {
    schema,
    outcome: sql === "" ? "unchanged" : outcomes[before.kind],
    fromVersion: before.version,
    toVersion: packageVersion(),
    functionsAdded: names.filter((name) => !before.functions.has(name)),
    functionsChanged: names.filter(
      (name) => before.functions.has(name) && before.functions.get(name) !== after.functions.get(name),
    ),
    stepsRun: after.steps.filter((step) => !before.steps.includes(step)),
    isDryRun: false,
    sql,
  };
}

const outcomes = { none: "fresh", extension: "taken over", c: "taken over", ours: "upgraded" } as const;

/** One line for a person. */
export function summarize(report: InstallReport): string {
  const { schema, outcome, fromVersion, toVersion } = report;
  if (outcome === "unchanged") return `${schema} is up to date (${toVersion}), nothing was changed`;
  const what = report.isDryRun ? `${schema} would be ${words[outcome]}` : `${schema} ${words[outcome]}`;
  const versions = outcome === "fresh" ? toVersion : `${fromVersion ?? "unknown version"} -> ${toVersion}`;
  const counts = `${report.functionsAdded.length} functions added, ${report.functionsChanged.length} changed`;
  return `${what} (${versions}): ${counts}, ${report.stepsRun.length} structure steps`;
}

const words = { fresh: "installed", upgraded: "upgraded", "taken over": "taken over" } as const;
