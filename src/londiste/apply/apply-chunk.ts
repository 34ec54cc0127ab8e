// A chunk: what came in for all tables. First everything at once; when the server or a count objects, the chunk is taken
// back and done carefully, so that the event at fault is found and its table's policy is followed.
import { applyContext, type ChunkContext, type ChunkPart } from "./apply-context.ts";
import { applyRun } from "./apply-run.ts";
import { applyCarefully } from "./careful.ts";
import { beginStatements, canBeginBehind, takeBack } from "./chunk-frame.ts";
import { isDataError } from "./data-error.ts";
import { isStillGood, planChunk, type PlannedChunk, runPlanned } from "./planned-chunk.ts";
import type { Run } from "./runs.ts";
import type { DestinationState } from "./table-state.ts";

/** On its way to the server. */
interface SentChunk {
  readonly rows: Promise<number>;
  readonly depth: number;
  /** Of the frame, when it was sent. */
  readonly takenBack: number;
}

export class Chunk {
  readonly #context: ChunkContext;
  readonly #parts: readonly ChunkPart[];
  readonly #moreFollows: boolean;
  #planned: PlannedChunk | null = null;
  #sent: SentChunk | null = null;

  /** @param moreFollows - other chunks, probably */
  constructor(context: ChunkContext, parts: readonly ChunkPart[], moreFollows: boolean) {
    this.#context = context;
    this.#parts = parts;
    this.#moreFollows = moreFollows;
  }

  /** It has been sent, and not been undone with a chunk before it. */
  get isSent(): boolean {
    return this.#sent?.takenBack === this.#context.frame.takenBack;
  }

  /** Writes its statements, where that can be, while chunks before it may still be applied; and sends them, if it is next. */
  prepare(isNext: boolean): void {
    try {
      this.#planned = planChunk(this.#context, this.#parts);
    } catch {
      return; // apply() meets it again
    }
    if (isNext && this.#planned !== null && canBeginBehind(this.#context.frame)) this.#send(this.#planned);
  }

  /**
   * Those before it are applied. Leaves the frame open: whoever uses the session next for something else closes it.
   * @returns rows changed. @throws REPLICA_CONFLICT; DATABASE
   */
  async apply(): Promise<number> {
    const { structures, log, frame } = this.#context;
    const { target } = structures;
    let depth: number | null = null;
    try {
      if (!this.isSent) {
        const planned = this.#stillGood() ?? (await this.#plan());
        if (planned !== null) this.#send(planned);
      }
      if (this.#sent !== null && this.isSent) {
        depth = this.#sent.depth;
        return await this.#sent.rows;
      }
      await target.pipeline(beginStatements(frame));
      depth = frame.depth;
      let rows = 0;
      for (const { state, runs } of this.#parts) rows += await applyPart(this.#context, state, runs.runs);
      return rows;
    } catch (error) {
      if (!isDataError(error)) throw error;
      log.debug({ err: error }, "a chunk is applied again, carefully");
      if (depth === null) await target.pipeline(beginStatements(frame));
      else await takeBack(target, frame, depth);
    }
    structures.forget();
    let rows = 0;
    for (const { state, runs } of this.#parts) {
      for (const run of runs.runs) rows += await applyCarefully(this.#context, state, run);
    }
    return rows;
  }

  #send(planned: PlannedChunk): void {
    const { frame } = this.#context;
    const rows = runPlanned(this.#context, planned, this.#moreFollows);
    rows.catch(() => undefined); // looked at when its turn comes
    this.#sent = { rows, depth: frame.depth, takenBack: frame.takenBack };
  }

  #stillGood(): PlannedChunk | null {
    return this.#planned !== null && isStillGood(this.#planned) ? this.#planned : null;
  }

  async #plan(): Promise<PlannedChunk | null> {
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
