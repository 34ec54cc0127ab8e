// A run of rows, applied by sets: one delete, one update, one insert. The number of rows that each hit is what the fold
// expects, or RowsDiffer is thrown.
import type { RowChange } from "../row-events/index.ts";
import type { ApplyContext } from "./apply-context.ts";
import { applyOne } from "./apply-one.ts";
import { type Destination, uniqueKeyWithin } from "./destination.ts";
import { RowsDiffer } from "./rows-differ.ts";
import type { RowRun } from "./runs.ts";
import { copyInsert, setDelete, setInsert, setUpdate, type SetStatement } from "./set-statements.ts";

/** From here on COPY is cheaper than an insert. */
const COPY_ROWS = 50;

/** One statement for many rows, or a COPY of them. */
export interface RowTask {
  readonly statement: SetStatement;
  readonly copy: ReturnType<typeof copyInsert>;
  readonly changes: readonly RowChange[];
  /** False: a trigger of the table may take rows away. */
  readonly isCounted: boolean;
}

/** @throws RowsDiffer; DATABASE; REPLICA_TABLE. The caller has a savepoint. @returns rows changed */
export async function applyRows(context: ApplyContext, run: RowRun): Promise<number> {
  const tasks = planRows(context, run);
  if (tasks === null) {
    const changes = run.steps.map(({ change }) => change);
    return await applyInOrder(context, changes);
  }
  let rows = 0;
  for (const task of tasks) rows += await runTask(context, task);
  return run.fold === null ? rows : run.fold.size;
}

/** What a run comes to, in this order; null: its changes must be done one after the other. @throws REPLICA_TABLE */
export function planRows({ destination }: Pick<ApplyContext, "destination">, run: RowRun): readonly RowTask[] | null {
  if (run.fold === null) {
    return insertTasks(
      destination,
      run.steps.map(({ change }) => change),
    );
  }
  const keys = run.steps[0]?.change.shape.keys ?? [];
  // Rows that look the same cannot be told apart: each change must hit one of them.
  if (uniqueKeyWithin(destination, keys) === null) return null;
  const deletes: RowChange[] = [];
  const updates: RowChange[] = [];
  const inserts: RowChange[] = [];
  for (const { effect, change } of run.fold.rows()) {
    if (effect === "delete" || effect === "replace") deletes.push(change);
    if (effect === "update") updates.push(change);
    if (effect === "insert" || effect === "replace") inserts.push(change);
  }
  const tasks: RowTask[] = byShape(deletes).map(({ shape, changes }) => {
    return { statement: setDelete(destination, shape), copy: null, changes, isCounted: true };
  });
  const [update] = updates;
  const statement = update === undefined ? null : setUpdate(destination, update.shape);
  if (statement !== null) tasks.push({ statement, copy: null, changes: updates, isCounted: true });
  return [...tasks, ...insertTasks(destination, inserts)];
}

function insertTasks(destination: Destination, changes: readonly RowChange[]): readonly RowTask[] {
  const shape = changes[0]?.shape;
  if (shape === undefined) return [];
  const copy = destination.isCopyable && changes.length >= COPY_ROWS ? copyInsert(destination, shape) : null;
  return [{ statement: setInsert(destination, shape), copy, changes, isCounted: !destination.hasInsertTrigger }];
}

async function runTask({ target, structures }: ApplyContext, task: RowTask): Promise<number> {
  const { statement, copy, changes } = task;
  const count =
    copy === null
      ? await target.affected(statement.sql, statement.params(changes), {
          name: structures.statementName(statement.sql),
        })
      : await target.copyFrom(copy.sql, copy.lines(changes));
  requireCount(task, count);
  return count;
}

/** @throws RowsDiffer */
export function requireCount({ changes, isCounted }: RowTask, count: number): void {
  if (isCounted && count !== changes.length) throw new RowsDiffer(changes.length, count);
}

/** Inserts that stand together go as one set, everything else alone. */
async function applyInOrder(context: ApplyContext, changes: readonly RowChange[]): Promise<number> {
  let rows = 0;
  let inserts: RowChange[] = [];
  for (const change of changes) {
    if (change.operation === "insert") {
      inserts.push(change);
      continue;
    }
    rows += await insertRows(context, inserts);
    inserts = [];
    const count = await applyOne(context, change);
    if (count !== 1) throw new RowsDiffer(1, count);
    rows += count;
  }
  return rows + (await insertRows(context, inserts));
}

async function insertRows(context: ApplyContext, changes: readonly RowChange[]): Promise<number> {
  let rows = 0;
  for (const task of insertTasks(context.destination, changes)) rows += await runTask(context, task);
  return rows;
}

/** Deletes may carry the whole row or its key alone. */
function byShape(
  changes: readonly RowChange[],
): { readonly shape: RowChange["shape"]; readonly changes: RowChange[] }[] {
  const groups = new Map<RowChange["shape"], RowChange[]>();
  for (const change of changes) {
    const group = groups.get(change.shape);
    if (group === undefined) groups.set(change.shape, [change]);
    else group.push(change);
  }
  return Array.from(groups, ([shape, alike]) => ({ shape, changes: alike }));
}
