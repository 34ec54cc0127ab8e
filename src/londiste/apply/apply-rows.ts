// A run of rows, applied by sets: one delete, one update, one insert. The number of rows that each hit is what the fold
// expects, or RowsDiffer is thrown.
import type { RowChange } from "../row-events/index.ts";
import type { ApplyContext } from "./apply-context.ts";
import { applyOne } from "./apply-one.ts";
import { uniqueKeyWithin } from "./destination.ts";
import { RowsDiffer } from "./rows-differ.ts";
import type { RowRun } from "./runs.ts";
import { copyInsert, setDelete, setInsert, setUpdate, type SetStatement } from "./set-statements.ts";

/** From here on COPY is cheaper than an insert. */
const COPY_ROWS = 50;

/** @throws RowsDiffer; DATABASE; REPLICA_TABLE. The caller has a savepoint. @returns rows changed */
export async function applyRows(context: ApplyContext, run: RowRun): Promise<number> {
  const { destination } = context;
  const changes = run.steps.map(({ change }) => change);
  if (run.fold === null) return await insertRows(context, changes);
  const keys = changes[0]?.shape.keys ?? [];
  // Rows that look the same cannot be told apart: each change must hit one of them.
  if (uniqueKeyWithin(destination, keys) === null) return await applyInOrder(context, changes);
  const deletes: RowChange[] = [];
  const updates: RowChange[] = [];
  const inserts: RowChange[] = [];
  for (const { effect, change } of run.fold.rows()) {
    if (effect === "delete" || effect === "replace") deletes.push(change);
    if (effect === "update") updates.push(change);
    if (effect === "insert" || effect === "replace") inserts.push(change);
  }
  for (const alike of byShape(deletes)) await runSet(context, setDelete(destination, alike.shape), alike.changes);
  const [update] = updates;
  if (update !== undefined) {
    const statement = setUpdate(destination, update.shape);
    if (statement !== null) await runSet(context, statement, updates);
  }
  await insertRows(context, inserts);
  return run.fold.size;
}

async function insertRows(context: ApplyContext, changes: readonly RowChange[]): Promise<number> {
  const { destination, target } = context;
  const shape = changes[0]?.shape;
  if (shape === undefined) return 0;
  const copy = destination.isCopyable && changes.length >= COPY_ROWS ? copyInsert(destination, shape) : null;
  const count =
    copy === null
      ? await execute(context, setInsert(destination, shape), changes)
      : await target.copyFrom(copy.sql, copy.lines(changes));
  if (count !== changes.length && !destination.hasInsertTrigger) throw new RowsDiffer(changes.length, count);
  return count;
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

async function runSet(context: ApplyContext, statement: SetStatement, changes: readonly RowChange[]): Promise<void> {
  const count = await execute(context, statement, changes);
  if (count !== changes.length) throw new RowsDiffer(changes.length, count);
}

async function execute(
  { target, structures }: ApplyContext,
  statement: SetStatement,
  changes: readonly RowChange[],
): Promise<number> {
  const name = structures.statementName(statement.sql);
  return await target.affected(statement.sql, statement.params(changes), { name });
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
