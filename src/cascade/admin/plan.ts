// A command of several steps: looked at first, shown with --dry-run, run one by one. Each step may be done twice.
import type { Logger } from "../../service/index.ts";

export interface Step {
  /** What it does, for a person: "pause worker w1 of node1". */
  readonly text: string;
  readonly run: () => Promise<void>;
}

export interface Plan {
  readonly steps: readonly Step[];
  /** Said when there is nothing to do, or after the last step. */
  readonly outcome: string;
  /** What must be known before one says yes. */
  readonly warnings?: readonly string[];
  /** Puts flags back after a step has failed; must not throw. */
  restore?: () => Promise<void>;
}

/** @throws what a step throws, after flags were restored */
export async function runPlan({ steps, warnings = [], restore }: Plan, log: Logger): Promise<void> {
  for (const warning of warnings) log.warn({}, warning);
  for (const [index, step] of steps.entries()) {
    log.info({ step: index + 1, of: steps.length }, step.text);
    try {
      await step.run();
    } catch (error) {
      log.error({ step: index + 1 }, `failed: ${step.text}`);
      await restore?.();
      throw error;
    }
  }
}

/** The plan as text. */
export function planText({ steps, outcome, warnings = [] }: Plan): string {
  return [
    ...warnings.map((warning) => `WARNING: ${warning}`),
    ...(steps.length === 0 ? [outcome] : steps.map(({ text }, i) => `${i + 1}. ${text}`)),
  ].join("\n");
}
