// One run, whatever it holds.
import type { ApplyContext } from "./apply-context.ts";
import { applyOrdered } from "./apply-ordered.ts";
import { applyRows } from "./apply-rows.ts";
import type { Run } from "./runs.ts";

/** @throws RowsDiffer, DATABASE, REPLICA_TABLE. @returns rows changed */
export async function applyRun(context: ApplyContext, run: Run): Promise<number> {
  return run.kind === "rows" ? await applyRows(context, run) : await applyOrdered(context, run.steps);
}
