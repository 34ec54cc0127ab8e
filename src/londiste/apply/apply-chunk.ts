// A chunk: what came in for all tables. First everything at once; when the server or a count objects, the chunk is taken
// back and done carefully, so that the event at fault is found and its table's policy is followed.
import { applyContext, type ChunkContext, type ChunkPart } from "./apply-context.ts";
import { applyRun } from "./apply-run.ts";
import { applyCarefully } from "./careful.ts";
import { againStatements, beginStatements } from "./chunk-frame.ts";
import { isDataError } from "./data-error.ts";
import { planSmallChunk, runSmallChunk } from "./small-chunk.ts";
import type { Run } from "./runs.ts";
import type { DestinationState } from "./table-state.ts";

/** Leaves the frame open: whoever uses the session next for something else closes it. @returns rows changed. @throws REPLICA_CONFLICT; DATABASE */
export async function applyChunk(context: ChunkContext, parts: readonly ChunkPart[]): Promise<number> {
  const { structures, log, frame } = context;
  const { target } = structures;
  let isBegun = false;
  const begin = async (): Promise<void> => {
    await target.pipeline(beginStatements(frame));
    isBegun = true;
  };
  try {
    const small = await planSmallChunk(context, parts);
    if (small !== null) {
      isBegun = true;
      return await runSmallChunk(context, small);
    }
    await begin();
    let rows = 0;
    for (const { state, runs } of parts) rows += await applyPart(context, state, runs.runs);
    return rows;
  } catch (error) {
    if (!isDataError(error)) throw error;
    log.debug({ err: error }, "a chunk is applied again, carefully");
    if (isBegun) await target.pipeline(againStatements);
    else await begin();
  }
  structures.forget();
  let rows = 0;
  for (const { state, runs } of parts) {
    for (const run of runs.runs) rows += await applyCarefully(context, state, run);
  }
  return rows;
}

async function applyPart(context: ChunkContext, state: DestinationState, runs: readonly Run[]): Promise<number> {
  if (state.quarantine !== null) return 0;
  let rows = 0;
  for (const run of runs) rows += await applyRun(await applyContext(context, state, run.steps), run);
  return rows;
}
