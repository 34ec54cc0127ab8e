// What stands around chunks: settings of the planner, and a savepoint before each. Savepoints lie within each other, so that
// a chunk can be taken back though the next one was sent behind it.
import type { Connection, PipelineStatement } from "../../postgres/index.ts";

/** Of one transaction. */
export interface ChunkFrame {
  /** Savepoints that are open; with the first, the settings came into force. */
  depth: number;
  /** How often chunks were taken back: what was sent behind them is undone as well. */
  takenBack: number;
}

/** The server looks through all of them now and then. */
const MOST_DEPTH = 16;

/**
 * The planner knows nothing of the arrays' sizes nor of a table that has just been filled. Rows are found by a unique
 * index, always; plans that are made without a choice look dear, and would be compiled. The settings are taken back when
 * the frame is closed, or with the transaction.
 */
const PLANNER: readonly (readonly [name: string, value: string])[] = [
  ["enable_hashjoin", "off"],
  ["enable_mergejoin", "off"],
  ["enable_seqscan", "off"],
  ["plan_cache_mode", "force_generic_plan"],
  ["jit", "off"],
];
const DEFAULTS = PLANNER.map(([name]) => `set local ${name} to default`).join("; ");

const settings: PipelineStatement = {
  sql: `select ${PLANNER.map(([name, value]) => `set_config('${name}', '${value}', true)`).join(", ")}`,
  name: "londiste_planner",
};

export function newFrame(): ChunkFrame {
  return { depth: 0, takenBack: 0 };
}

/** False: it can begin only when those before it are known to be right. */
export function canBeginBehind({ depth }: ChunkFrame): boolean {
  return depth < MOST_DEPTH;
}

/** Begins a chunk, whose savepoint is the last one then. */
export function beginStatements(frame: ChunkFrame): readonly PipelineStatement[] {
  const before = frame.depth === 0 ? [settings] : canBeginBehind(frame) ? [] : [onSavepoint("release", 1)];
  frame.depth = canBeginBehind(frame) ? frame.depth + 1 : 1;
  return [...before, onSavepoint("savepoint", frame.depth)];
}

/** Undoes everything since the chunk with this savepoint began. */
export async function takeBack(target: Connection, frame: ChunkFrame, depth: number): Promise<void> {
  frame.depth = depth;
  frame.takenBack++;
  await target.execute(`rollback to ${SAVEPOINT}_${depth}`); // no pipeline: it would fail with what was sent before
}

/** Before the session is used for anything but chunks; a commit does not need it. */
export async function closeFrame(target: Connection, frame: ChunkFrame): Promise<void> {
  if (frame.depth === 0) return;
  frame.depth = 0;
  await target.execute(`${DEFAULTS}; release savepoint ${SAVEPOINT}_1`);
}

const SAVEPOINT = "londiste_apply";

function onSavepoint(command: "savepoint" | "release", depth: number): PipelineStatement {
  const sql = `${command} ${SAVEPOINT}_${depth}`;
  return { sql, name: sql };
}
