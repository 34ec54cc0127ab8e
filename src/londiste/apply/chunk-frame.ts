// What stands around a chunk: a savepoint, and settings of the planner.
import type { Connection, PipelineStatement } from "../../postgres/index.ts";

/** Of one transaction. While it is open, a chunk's savepoint and settings are in force. */
export interface ChunkFrame {
  isOpen: boolean;
}

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

const SAVEPOINT = "londiste_apply";

const settings: PipelineStatement = {
  sql: `select ${PLANNER.map(([name, value]) => `set_config('${name}', '${value}', true)`).join(", ")}`,
  name: "londiste_planner",
};
const savepoint: PipelineStatement = { sql: `savepoint ${SAVEPOINT}`, name: SAVEPOINT };
const release: PipelineStatement = { sql: `release savepoint ${SAVEPOINT}`, name: "londiste_release" };

const rollback: PipelineStatement = { sql: `rollback to savepoint ${SAVEPOINT}`, name: "londiste_again" };

/** After an error: everything since the beginning of the chunk is undone. */
export const againStatements: readonly PipelineStatement[] = [rollback, settings];

/** Begins a chunk; the one before it stays done. The frame counts as open from here on. */
export function beginStatements(frame: ChunkFrame): readonly PipelineStatement[] {
  const before = frame.isOpen ? [release] : [];
  frame.isOpen = true;
  return [...before, savepoint, settings];
}

/** Before the session is used for anything but chunks; a commit does not need it. */
export async function closeFrame(target: Connection, frame: ChunkFrame): Promise<void> {
  if (!frame.isOpen) return;
  frame.isOpen = false;
  await target.execute(`${DEFAULTS}; release savepoint ${SAVEPOINT}`);
}
