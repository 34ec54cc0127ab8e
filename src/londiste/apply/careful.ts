// A run that failed as a whole: halves of it, and halves of these, until the steps at fault stand alone. All others are
// still applied as sets, and everything stays in its order.
import { type ApplyContext, applyContext, type ChunkContext } from "./apply-context.ts";
import { applyRun } from "./apply-run.ts";
import { applyStep } from "./apply-ordered.ts";
import { type Conflict, conflictError } from "./conflict.ts";
import { isDataError } from "./data-error.ts";
import { describeConflict, overwrite } from "./resolve.ts";
import { RowsDiffer } from "./rows-differ.ts";
import { type Run, type Step, TableRuns } from "./runs.ts";
import type { DestinationState } from "./table-state.ts";

const SAVEPOINT = "londiste_careful";

/** @throws REPLICA_CONFLICT, DATABASE. @returns rows changed */
export async function applyCarefully(context: ChunkContext, state: DestinationState, run: Run): Promise<number> {
  return await applySteps(context, state, run.steps);
}

async function applySteps(context: ChunkContext, state: DestinationState, steps: readonly Step[]): Promise<number> {
  const [first] = steps;
  if (first === undefined || state.quarantine !== null) return 0;
  if (steps.length === 1) return await applyAlone(context, state, first);
  const tried = await attempt(context, async () => {
    const apply = await applyContext(context, state, steps);
    let rows = 0;
    for (const run of runsOf(steps)) rows += await applyRun(apply, run);
    return rows;
  });
  if ("rows" in tried) return tried.rows;
  const middle = steps.length >> 1;
  const before = await applySteps(context, state, steps.slice(0, middle));
  return before + (await applySteps(context, state, steps.slice(middle)));
}

function runsOf(steps: readonly Step[]): readonly Run[] {
  const runs = new TableRuns();
  for (const step of steps) runs.add(step);
  return runs.runs;
}

async function applyAlone(context: ChunkContext, state: DestinationState, step: Step): Promise<number> {
  const seen: { context: ApplyContext | null } = { context: null };
  const tried = await attempt(context, async () => {
    const apply = await applyContext(context, state, [step]);
    seen.context = apply;
    const rows = await applyStep(apply, step);
    const isSilent = step.kind === "statement" || (isInsert(step) && apply.destination.hasInsertTrigger);
    if (rows !== 1 && !isSilent) throw new RowsDiffer(1, rows);
    return rows;
  });
  if ("rows" in tried) return tried.rows;
  const conflict = await describeConflict(seen.context, state, step, tried.error);
  // null: a trigger of this node took the change; that is what it is there for
  return conflict === null ? 0 : await settle(context, state, { ...seen, step, conflict, error: tried.error });
}

interface Failed {
  /** Null when the table could not be read. */
  readonly context: ApplyContext | null;
  readonly step: Step;
  readonly conflict: Conflict;
  readonly error: unknown;
}

/** Follows the table's policy. What the server refuses for what it is can be neither kept back nor forced. */
async function settle(context: ChunkContext, state: DestinationState, failed: Failed): Promise<number> {
  const { step, conflict, error } = failed;
  let rows = 0;
  if (state.policy === "quarantine") state.giveUp(conflict);
  else if (state.policy === "error" || conflict.kind === "refused") throw conflictError(conflict, error);
  else if (state.policy === "overwrite") rows = await force(context, failed);
  await context.settled(conflict, step.event);
  return rows;
}

async function force(context: ChunkContext, { context: apply, step, conflict, error }: Failed): Promise<number> {
  if (apply === null) throw conflictError(conflict, error);
  const done = await attempt(context, () => overwrite(apply, step, conflict, error));
  if ("error" in done) throw conflictError(conflict, done.error);
  return done.rows;
}

function isInsert(step: Step): boolean {
  if (step.kind === "change") return step.change.operation === "insert";
  return step.kind === "partial-sql" && step.operation === "insert";
}

type Tried = { readonly rows: number } | { readonly error: unknown };

/** Nothing is left of what failed. */
async function attempt({ structures: { target } }: ChunkContext, work: () => Promise<number>): Promise<Tried> {
  await target.execute(`savepoint ${SAVEPOINT}`);
  try {
    const rows = await work();
    await target.execute(`release savepoint ${SAVEPOINT}`);
    return { rows };
  } catch (error) {
    if (!isDataError(error)) throw error;
    await target.execute(`rollback to savepoint ${SAVEPOINT}; release savepoint ${SAVEPOINT}`);
    return { error };
  }
}
