// add-table.
import { SkytoolsError } from "../../errors/index.ts";
import { programCommand } from "../../programs/index.ts";
import { defineOption, type OptionValues } from "../../service/index.ts";
import { addTables } from "../admin/add-tables.ts";
import type { AddTableOptions } from "../admin/table-options.ts";
import { memberOf, triggerOptionsOf } from "./context.ts";
import { copyFlags, createFlags, memberKeys, nameFlags, tableWords, timeoutFlag, triggerFlags } from "./keys.ts";
import { showSync } from "./show-sync.ts";

const programs = ["londiste"];
const flag = <const N extends string>(name: N, doc: string) =>
  defineOption({ name, type: "bool", default: false, programs, flagOnly: true, doc });

const flags = {
  ...nameFlags,
  ...createFlags,
  ...triggerFlags,
  ...copyFlags,
  ...timeoutFlag,
  waitSync: flag("wait_sync", "end when all tables of the node are in sync"),
  destTable: defineOption({
    name: "dest_table",
    type: "text",
    programs,
    flagOnly: true,
    placeholder: "NAME",
    doc: "the table has this name here",
  }),
  expectSync: flag("expect_sync", "the rows are here already: no copy"),
  skipTruncate: flag("skip_truncate", "the copy keeps the rows that are here"),
  mergeAll: flag("merge_all", "take the table from all queues that have it"),
  noMerge: flag("no_merge", "take the table from this queue only"),
  maxParallelCopy: defineOption({
    name: "max_parallel_copy",
    type: "int",
    min: 1,
    programs,
    flagOnly: true,
    doc: "copies into the same merged table at one time",
  }),
} as const;

export const addTableCommand = programCommand({
  name: "add-table",
  summary: "take part in the replication of tables; on the root they become part of the set",
  args: [tableWords],
  keys: memberKeys,
  flags,
  pidfile: "admin",
  examples: [
    { line: "root.ini add-table orders 'shop.*'", doc: "on the root: the tables become part of the set" },
    { line: "leaf.ini add-table --all --create-full --wait-sync", doc: "elsewhere: make them, copy them, and wait" },
  ],
  async run(context) {
    const { options, args, out } = context;
    const member = await memberOf(context);
    const names = { words: args, isAll: options.all, isForced: options.force };
    const added = await addTables(member, names, tableOptions(options));
    if (options.waitSync) await showSync(context, member);
    out.done({ added }, `${added.length} table(s) added`);
    return undefined;
  },
});

/** @throws WRONG_USE */
function tableOptions(options: OptionValues<typeof flags>): AddTableOptions {
  const { mergeAll, noMerge, createFull, create, copyNode, findCopyNode } = options;
  if (mergeAll && noMerge) throw new SkytoolsError("WRONG_USE", "--merge-all and --no-merge exclude each other");
  if (create && createFull) throw new SkytoolsError("WRONG_USE", "--create and --create-full exclude each other");
  if (copyNode !== null && findCopyNode) {
    throw new SkytoolsError("WRONG_USE", "--copy-node and --find-copy-node exclude each other");
  }
  return {
    ...triggerOptionsOf(options),
    create: createFull ? "full" : create ? "plain" : null,
    dest: options.destTable,
    isSynced: options.expectSync,
    isTruncateSkipped: options.skipTruncate,
    copyNode: findCopyNode ? "?" : copyNode,
    merge: mergeAll ? "all" : noMerge ? "none" : null,
    maxParallelCopy: options.maxParallelCopy,
    isSkippingMissing: options.skipNonExisting,
  };
}
