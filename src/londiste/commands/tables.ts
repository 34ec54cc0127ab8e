// Commands that change which tables a node has: remove-table, resync, change-handler.
import { programCommand } from "../../programs/index.ts";
import { changeHandler } from "../admin/change-handler.ts";
import { removeTables } from "../admin/remove-tables.ts";
import { resyncTables } from "../admin/resync.ts";
import { memberOf, triggerOptionsOf } from "./context.ts";
import { copyFlags, memberKeys, nameFlags, tableWords, triggerFlags } from "./keys.ts";

export const removeTableCommand = programCommand({
  name: "remove-table",
  summary: "end the replication of tables on this node; on the root they leave the set",
  args: [tableWords],
  keys: memberKeys,
  flags: nameFlags,
  pidfile: "admin",
  examples: [
    { line: "leaf.ini remove-table public.orders", doc: "the rows stay; on the root the table leaves all nodes" },
  ],
  async run(context) {
    const { options, args, out } = context;
    const member = await memberOf(context);
    const removed = await removeTables(member, { words: args, isAll: options.all, isForced: options.force });
    out.done({ removed }, `${removed.length} table(s) removed`);
    return undefined;
  },
});

export const resyncCommand = programCommand({
  name: "resync",
  summary: "copy tables anew",
  args: [tableWords],
  keys: memberKeys,
  flags: { ...nameFlags, ...copyFlags },
  pidfile: "admin",
  examples: [{ line: "leaf.ini resync 'shop.*'", doc: "the worker copies them; wait-sync waits for it" }],
  async run(context) {
    const { options, args, out } = context;
    const member = await memberOf(context);
    const names = { words: args, isAll: options.all, isForced: options.force };
    const tables = await resyncTables(member, names, options.findCopyNode ? "?" : options.copyNode);
    out.done({ tables }, `${tables.length} table(s) to be copied anew`);
    return undefined;
  },
});

export const changeHandlerCommand = programCommand({
  name: "change-handler",
  summary: "give a table another handler and other triggers, without copying it",
  args: [{ name: "table", doc: "name of a table of this node" }],
  keys: memberKeys,
  flags: triggerFlags,
  pidfile: "admin",
  examples: [
    {
      line: "root.ini change-handler public.orders --trigger-arg=backup",
      doc: "the triggers are those named now; earlier options do not stay",
    },
  ],
  async run(context) {
    const { options, args, out } = context;
    const member = await memberOf(context);
    const [table = ""] = args;
    const isChanged = await changeHandler(member, table, triggerOptionsOf(options));
    out.done({ table, isChanged }, isChanged ? `handler of ${table} changed` : `handler of ${table} not changed`);
    return undefined;
  },
});
