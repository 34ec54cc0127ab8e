// A run whose steps are done one after the other. Pieces of SQL go in blocks, as one script a block.
import type { ApplyContext } from "./apply-context.ts";
import { applyOne } from "./apply-one.ts";
import type { Destination } from "./destination.ts";
import { partialSqlChange } from "./partial-sql-change.ts";
import { RowsDiffer } from "./rows-differ.ts";
import type { PartialSqlStep, Step } from "./runs.ts";

const BLOCK_STATEMENTS = 200;
const BLOCK_LENGTH = 256 * 1024;

/** @throws as applyRows */
export async function applyOrdered(context: ApplyContext, steps: readonly Step[]): Promise<number> {
  let rows = 0;
  let block: PartialSqlStep[] = [];
  let length = 0;
  const runBlock = async (): Promise<void> => {
    if (block.length > 0) await applyBlock(context, block);
    rows += block.length;
    block = [];
    length = 0;
  };
  for (const step of steps) {
    if (step.kind === "partial-sql" && !context.destination.hasUnwritable) {
      block.push(step);
      length += step.text.length;
      if (block.length >= BLOCK_STATEMENTS || length >= BLOCK_LENGTH) await runBlock();
      continue;
    }
    await runBlock();
    const count = await applyStep(context, step);
    if (count !== 1 && step.kind !== "statement") throw new RowsDiffer(1, count);
    rows += count;
  }
  await runBlock();
  return rows;
}

/** One step alone. @returns rows that were hit */
export async function applyStep(context: ApplyContext, step: Step): Promise<number> {
  const { target, destination } = context;
  if (step.kind === "change") return await applyOne(context, step.change);
  if (step.kind === "statement") return await target.affected(step.sql, step.params);
  if (destination.hasUnwritable) return await applyOne(context, partialSqlChange(step));
  const results = await target.execute(statementText(destination, step));
  return results.reduce((sum, { rowCount }) => sum + rowCount, 0);
}

async function applyBlock({ target, destination }: ApplyContext, block: readonly PartialSqlStep[]): Promise<void> {
  const results = await target.execute(block.map((step) => statementText(destination, step)).join("\n"));
  const isInsertSilent = destination.hasInsertTrigger;
  const wrong = results.find(({ rowCount, command }) => rowCount !== 1 && !(command === "INSERT" && isInsertSilent));
  if (wrong !== undefined) throw new RowsDiffer(1, wrong.rowCount);
}

/** Source: londiste 3.8, spec 6.1. */
function statementText({ quoted, only }: Destination, { operation, text }: PartialSqlStep): string {
  if (operation === "insert") return `insert into ${quoted} ${text};`;
  if (operation === "update") return `update ${only} set ${text};`;
  return `delete from ${only} where ${text};`;
}
