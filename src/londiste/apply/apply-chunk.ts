// A chunk: what came in for all tables. First everything at once; when the server or a count objects, the chunk is taken
// back and done carefully, so that the event at fault is found and its table's policy is followed.
import { applyContext, type ChunkContext } from "./apply-context.ts";
import { applyRun } from "./apply-run.ts";
import { applyCarefully } from "./careful.ts";
import { isDataError } from "./data-error.ts";
import type { Run, TableRuns } from "./runs.ts";
import type { DestinationState } from "./table-state.ts";

export interface ChunkPart {
  readonly state: DestinationState;
  readonly runs: TableRuns;
}

/**
 * The planner knows nothing of the arrays' sizes nor of a table that has just been filled. Rows are found by a unique
 * index, always; plans that are made without a choice look dear, and would be compiled. The settings are taken back at the end of the chunk.
 */
const PLANNER: readonly (readonly [name: string, value: string])[] = [
  ["enable_hashjoin", "off"],
  ["enable_mergejoin", "off"],
  ["enable_seqscan", "off"],
  ["plan_cache_mode", "force_generic_plan"],
  ["jit", "off"],
];
const SETTINGS = PLANNER.map(([name, value]) => `set local ${name} = ${value}`).join("; ");
const DEFAULTS = PLANNER.map(([name]) => `set local ${name} to default`).join("; ");

const SAVEPOINT = "londiste_apply";
const BEGIN = `savepoint ${SAVEPOINT}; ${SETTINGS}`;
const AGAIN = `rollback to savepoint ${SAVEPOINT}; ${SETTINGS}`;
const END = `${DEFAULTS}; release savepoint ${SAVEPOINT}`;

/** @returns rows changed. @throws REPLICA_CONFLICT; DATABASE */
export async function applyChunk(context: ChunkContext, parts: readonly ChunkPart[]): Promise<number> {
  const { structures, log } = context;
  const { target } = structures;
  await target.execute(BEGIN);
  let rows = 0;
  try {
    for (const { state, runs } of parts) rows += await applyPart(context, state, runs.runs);
  } catch (error) {
    if (!isDataError(error)) throw error;
    log.debug({ err: error }, "a chunk is applied again, carefully");
    await target.execute(AGAIN);
    structures.forget();
    rows = 0;
    for (const { state, runs } of parts) {
      for (const run of runs.runs) rows += await applyCarefully(context, state, run);
    }
  }
  await target.execute(END);
  return rows;
}

async function applyPart(context: ChunkContext, state: DestinationState, runs: readonly Run[]): Promise<number> {
  if (state.quarantine !== null) return 0;
  let rows = 0;
  for (const run of runs) rows += await applyRun(await applyContext(context, state, run.steps), run);
  return rows;
}
