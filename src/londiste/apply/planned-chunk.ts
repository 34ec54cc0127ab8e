// A chunk whose statements can all be written before the first is sent: they go in one round trip, and are made while the
// server still works on the chunk before it.
import type { PipelineStatement } from "../../postgres/index.ts";
import type { ChunkContext, ChunkPart } from "./apply-context.ts";
import { planRows, requireCount, type RowTask } from "./apply-rows.ts";
import { beginStatements } from "./chunk-frame.ts";
import type { RowRun } from "./runs.ts";
import type { DestinationState } from "./table-state.ts";
import type { TableStructures } from "./table-structures.ts";

/** More than that is written while it is sent. */
const MOST_BYTES = 4 * 1024 * 1024;
const MOST_RUNS = 64;

export interface PlannedChunk {
  readonly tasks: readonly RowTask[];
  /** One for each task. */
  readonly statements: readonly PipelineStatement[];
  readonly states: readonly DestinationState[];
  /** After folding. */
  readonly rows: number;
}

/**
 * Null: it is large, something in it must be done step by step, or a table is not known yet. Leaves the session alone.
 * @throws REPLICA_TABLE
 */
export function planChunk({ structures }: ChunkContext, parts: readonly ChunkPart[]): PlannedChunk | null {
  const open = parts.filter(({ state }) => state.quarantine === null);
  const runs: { readonly state: DestinationState; readonly run: RowRun }[] = [];
  let bytes = 0;
  for (const { state, runs: given } of open) {
    for (const run of given.runs) {
      if (run.kind === "ordered") return null;
      runs.push({ state, run });
      bytes += bytesOf(run);
    }
  }
  if (runs.length > MOST_RUNS || bytes > MOST_BYTES) return null;
  const tasks: RowTask[] = [];
  let rows = 0;
  for (const { state, run } of runs) {
    const destination = structures.known(state.dest);
    const planned = destination === null ? null : planRows({ destination }, run);
    if (planned === null) return null;
    tasks.push(...planned);
    rows += run.fold?.size ?? run.steps.length;
  }
  const statements = tasks.map((task) => statementOf(structures, task));
  return { tasks, statements, states: open.map(({ state }) => state), rows };
}

/** False: a table was given up since. */
export function isStillGood({ states }: PlannedChunk): boolean {
  return states.every(({ quarantine }) => quarantine === null);
}

/** Sends it. @returns its rows when they are changed. @throws RowsDiffer; DATABASE */
export async function runPlanned(
  { structures, frame }: ChunkContext,
  { tasks, statements, rows }: PlannedChunk,
  moreFollows: boolean,
): Promise<number> {
  const begin = beginStatements(frame);
  const results = await structures.target.pipeline([...begin, ...statements], { moreFollows });
  for (const [index, task] of tasks.entries()) requireCount(task, results[begin.length + index]?.rowCount ?? 0);
  return rows;
}

function bytesOf({ steps }: RowRun): number {
  return steps.reduce((sum, { event }) => sum + event.length, 0);
}

function statementOf(structures: TableStructures, { statement, copy, changes }: RowTask): PipelineStatement {
  if (copy !== null) return { sql: copy.sql, copy: [...copy.lines(changes)], name: structures.statementName(copy.sql) };
  const { sql } = statement;
  return { sql, params: statement.params(changes), name: structures.statementName(sql) };
}
