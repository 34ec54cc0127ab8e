// The list of words that local_add_table and local_change_handler take: keywords of theirs, and arguments of the trigger.
import type { TableHandler } from "../handler/index.ts";
import { checkTriggerArgs } from "./check-trigger-args.ts";
import { keyArguments } from "./key.ts";
import { type Member } from "./member.ts";
import type { AddTableOptions, TableTriggerOptions } from "./table-options.ts";

export interface TriggerWish {
  readonly dest: string;
  readonly handler: TableHandler;
  readonly options: TableTriggerOptions;
}

/** @throws TABLE_UNFIT when the table has no key, or not what the arguments name */
export async function triggerArguments({ db, node, facts }: Member, wish: TriggerWish): Promise<readonly string[]> {
  const { dest, handler, options } = wish;
  const { triggerFlags, triggerArgs, noTriggers } = options;
  const args = facts.hasCapture ? ["capture"] : [];
  const flags = triggerFlags ?? (handler.isTriggerSkipping && node.type === "root" ? "BI" : null);
  if (flags !== null) args.push(`tgflags=${flags}`);
  if (handler.isTriggerSkipping && node.type === "root") args.push("skip");
  if (noTriggers) args.push("no_triggers");
  if (!handler.needsTable && !(handler.isTriggerSkipping && node.type === "root")) return [...args, "virtual_table"];
  const given = [...triggerArgs, ...handler.triggerArgs];
  // A leaf's triggers refuse every change, whatever it is.
  if (node.type !== "leaf" && !noTriggers)
    await checkTriggerArgs(db, dest, { args: given, isCapture: facts.hasCapture && flags === null });
  args.push(...given);
  if (!triggerArgs.some((arg) => arg.startsWith("pkey="))) args.push(...(await keyArguments(db, dest)));
  return args;
}

/** The keywords of add-table. */
export function registrationKeywords(options: AddTableOptions, handler: TableHandler): readonly string[] {
  const isSynced = options.isSynced || handler.isSynced;
  return [
    ...(isSynced ? ["expect_sync"] : []),
    ...(options.isTruncateSkipped && !isSynced ? ["skip_truncate"] : []),
    ...(options.merge === "all" ? ["merge_all"] : []),
    ...(options.merge === "none" ? ["no_merge"] : []),
  ];
}
