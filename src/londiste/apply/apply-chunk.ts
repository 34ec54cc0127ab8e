// A chunk: what came in for all tables. First everything at once; when the server or a count objects, the chunk is taken
// back and done carefully, so that the event at fault is found and its table's policy is followed.
import { applyContext, type ChunkContext, type ChunkPart } from "./apply-context.ts";
import { applyRun } from "./apply-run.ts";
import { applyCarefully } from "./careful.ts";
import { againStatements, beginStatements } from "./chunk-frame.ts";
import { isDataError } from "./data-error.ts";
import { isStillGood, planChunk, type PlannedChunk, runPlanned } from "./planned-chunk.ts";
import type { Run } from "./runs.ts";
import type { DestinationState } from "./table-state.ts";

export class Chunk {
  readonly #context: ChunkContext;
  readonly #parts: readonly ChunkPart[];
  #planned: PlannedChunk | null = null;

  constructor(context: ChunkContext, parts: readonly ChunkPart[]) {
    this.#context = context;
    this.#parts = parts;
  }

  /** Writes its statements, where that can be, while the chunk before it may still be applied. */
  prepare(): void {
    try {
      this.#planned = planChunk(this.#context, this.#parts);
    } catch {
      // apply() meets it again
    }
  }

  /** Leaves the frame open: whoever uses the session next for something else closes it. @returns rows changed. @throws REPLICA_CONFLICT; DATABASE */
  async apply(): Promise<number> {
    const { structures, log, frame } = this.#context;
    const { target } = structures;
    let isBegun = false;
    const begin = async (): Promise<void> => {
      await target.pipeline(beginStatements(frame));
      isBegun = true;
    };
    try {
      const planned = await this.#plan();
      if (planned !== null) {
        isBegun = true;
        return await runPlanned(this.#context, planned);
      }
      await begin();
      let rows = 0;
      for (const { state, runs } of this.#parts) rows += await applyPart(this.#context, state, runs.runs);
      return rows;
    } catch (error) {
      if (!isDataError(error)) throw error;
      log.debug({ err: error }, "a chunk is applied again, carefully");
      if (isBegun) await target.pipeline(againStatements);
      else await begin();
    }
    structures.forget();
    let rows = 0;
    for (const { state, runs } of this.#parts) {
      for (const run of runs.runs) rows += await applyCarefully(this.#context, state, run);
    }
    return rows;
  }

  async #plan(): Promise<PlannedChunk | null> {
    if (this.#planned !== null && isStillGood(this.#planned)) return this.#planned;
    for (const { state, runs } of this.#parts) {
      if (state.quarantine === null && runs.runs.some(({ kind }) => kind === "rows")) {
        await this.#context.structures.destination(state.dest);
      }
    }
    return planChunk(this.#context, this.#parts);
  }
}

async function applyPart(context: ChunkContext, state: DestinationState, runs: readonly Run[]): Promise<number> {
  if (state.quarantine !== null) return 0;
  let rows = 0;
  for (const run of runs) rows += await applyRun(await applyContext(context, state, run.steps), run);
  return rows;
}
