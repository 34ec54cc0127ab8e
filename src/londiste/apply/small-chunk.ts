// A chunk of a few sets of rows, as a small transaction makes it: all its statements in one round trip.
import { applyContext, type ChunkContext, type ChunkPart } from "./apply-context.ts";
import { planRows, requireCount, type RowTask } from "./apply-rows.ts";
import { beginStatements } from "./chunk-frame.ts";

/** More would only wait in the socket's buffers. */
const MOST_STATEMENTS = 64;
const MOST_STEPS = 1_000;

export interface SmallChunk {
  readonly tasks: readonly RowTask[];
  /** After folding. */
  readonly rows: number;
}

/** Null: it is not small, or something in it must be done step by step. @throws REPLICA_TABLE */
export async function planSmallChunk(context: ChunkContext, parts: readonly ChunkPart[]): Promise<SmallChunk | null> {
  const tasks: RowTask[] = [];
  let steps = 0;
  let rows = 0;
  for (const { state, runs } of parts) {
    if (state.quarantine !== null) continue;
    for (const run of runs.runs) {
      steps += run.steps.length;
      if (run.kind === "ordered" || steps > MOST_STEPS || tasks.length > MOST_STATEMENTS) return null;
      const planned = planRows(await applyContext(context, state, run.steps), run);
      if (planned === null || planned.some(({ copy }) => copy !== null)) return null;
      tasks.push(...planned);
      rows += run.fold?.size ?? run.steps.length;
    }
  }
  return { tasks, rows };
}

/** @returns rows changed. @throws RowsDiffer; DATABASE */
export async function runSmallChunk({ structures, frame }: ChunkContext, { tasks, rows }: SmallChunk): Promise<number> {
  const begin = beginStatements(frame);
  const statements = tasks.map(({ statement, changes }) => {
    const { sql } = statement;
    return { sql, params: statement.params(changes), name: structures.statementName(sql) };
  });
  const results = (await structures.target.pipeline([...begin, ...statements])).slice(begin.length);
  for (const [index, task] of tasks.entries()) requireCount(task, results[index]?.rowCount ?? 0);
  return rows;
}
