// The work of skytools repair.
import { appendFile, rm } from "node:fs/promises";
import { repairJson, repairTable } from "../../../londiste/index.ts";
import type { Connection } from "../../../postgres/index.ts";
import type { CommandContext } from "../../context.ts";
import { eachTable } from "./each-table.ts";

/** @returns the exit status */
export function runRepair(context: CommandContext): Promise<number> {
  const isApplied = context.options.flag("apply");
  const hasTriggers = !context.options.flag("no_triggers");
  return eachTable(context, async (options) => {
    const file = `fix.${options.target.table}.sql`;
    if (!isApplied) await rm(file, { force: true });
    const repair = await repairTable({
      ...options,
      isApplied,
      ...(hasTriggers ? {} : { prepareTarget: withoutTriggers }),
      ...(isApplied ? {} : { onStatements: (text: string) => appendFile(file, text) }),
    });
    const { comparison, applied, remaining } = repair;
    const changed = applied.inserts + applied.updates + applied.deletes;
    const done = `${changed} rows changed${remaining > 0 ? `, ${remaining} still differ` : ""}`;
    const text = isApplied ? done : remaining > 0 ? `see ${file}` : "equal";
    return { comparison, isEqual: remaining === 0, text, json: repairJson(repair), remarks: [] };
  });
}

async function withoutTriggers(db: Connection): Promise<void> {
  await db.execute("set session_replication_role = replica");
}
