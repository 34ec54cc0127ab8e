// conflicts and skip-event: what did not fit on this node and did not stop it, and how it gets past what does.
import { SkytoolsError } from "../../errors/index.ts";
import { formatTable } from "../../print/index.ts";
import { programCommand } from "../../programs/index.ts";
import { defineOption } from "../../service/index.ts";
import { chooseNames } from "../admin/choose.ts";
import { type SkippedEvent, skipEvents } from "../admin/skip-events.ts";
import { clearConflicts, conflictTables, getTableList, type NotedConflict, readConflicts } from "../sql-calls/index.ts";
import { memberOf } from "./context.ts";
import { dryRun, memberKeys, tableWords } from "./keys.ts";

const clear = defineOption({
  name: "clear",
  type: "bool",
  default: false,
  programs: ["londiste"],
  flagOnly: true,
  doc: "conflicts: forget them, instead of listing them",
});

export const conflictsCommand = programCommand({
  name: "conflicts",
  summary: "list the changes that did not fit the rows of this node and did not stop it, the newest first",
  args: [tableWords],
  keys: memberKeys,
  flags: { clear },
  examples: [
    {
      line: "leaf.ini conflicts public.orders",
      doc: "the newest 1000 of each table are kept; --json has the rows too",
    },
    { line: "leaf.ini conflicts --clear", doc: "when they have been looked at: status does not tell of them any more" },
  ],
  async run(context) {
    const { args, options, out, service } = context;
    const { db, context: set } = await memberOf(context);
    const known = await conflictTables(db, set.queue);
    if (known === null) {
      throw new SkytoolsError(
        "SCHEMA_UNKNOWN",
        "this database keeps no list of conflicts, or the role may not read it",
        {
          hint: "skytools install londiste; the role needs londiste_writer",
        },
      );
    }
    const candidates = [...new Set([...known, ...(await getTableList(db, set.queue)).map(({ name }) => name)])];
    const words = { words: args, isAll: true, isForced: false, done: [] };
    const tables = chooseNames(service.log, { kind: "local table", ...words, candidates });
    if (options.clear) {
      const count = await clearConflicts(db, set.queue, tables);
      out.done({ cleared: count }, `${count} conflict(s) forgotten`);
      return undefined;
    }
    const conflicts = (await readConflicts(db, set.queue, tables)) ?? [];
    out.result(conflicts, () =>
      formatTable(
        [
          { title: "time", value: ({ time }) => time.replace(/\.\d+/, "") },
          { title: "table", value: ({ table }) => table },
          { title: "event", value: ({ event }) => event, align: "right" },
          { title: "change", value: ({ operation }) => operation },
          { title: "conflict", value: ({ kind }) => kind },
          { title: "policy", value: ({ policy }) => policy },
          { title: "key", value: keyText, isFlexible: true },
        ],
        conflicts,
        out.terminal,
        "no conflicts",
      ),
    );
    return undefined;
  },
});

function keyText({ key }: NotedConflict): string | null {
  if (key === null) return null;
  return Object.entries(key)
    .map(([name, value]) => `${name}=${value ?? "NULL"}`)
    .join(", ");
}

export const skipEventCommand = programCommand({
  name: "skip-event",
  summary: "have the worker of this node pass over events that it cannot replay",
  args: [{ name: "event", doc: "id, as the worker's error names it", isRest: true }],
  keys: memberKeys,
  flags: { dryRun },
  pidfile: "admin",
  examples: [
    {
      line: "leaf.ini skip-event 10452",
      doc: "this change is not made here; the nodes below get it all the same, and conflicts keeps it",
    },
  ],
  async run(context) {
    const { args, options, out } = context;
    const ids = args.map(eventId);
    const skipped = await skipEvents(await memberOf(context), { ids, isDryRun: options.dryRun });
    const lines = skipped.map(
      (one) => `event ${one.event}, ${nameOf(one)}, ${options.dryRun ? "would be" : "is"} left out here`,
    );
    if (options.dryRun) out.result(skipped, `${lines.join("\n")}\n`);
    else out.done(skipped, lines.join("\n"));
    return undefined;
  },
});

function nameOf({ table, script }: SkippedEvent): string {
  return table === null ? `script ${script ?? ""}` : `a change of ${table}`;
}

/** @throws WRONG_USE */
function eventId(word: string): bigint {
  if (/^\d{1,18}$/.test(word)) return BigInt(word);
  throw new SkytoolsError("WRONG_USE", `${word} is no id of an event`, {
    hint: "the error of the worker, in its log and in status, begins with it: event 10452 of transaction …",
  });
}
