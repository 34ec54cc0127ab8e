// londiste repair: makes the tables of this node as they are above it, or writes down what would be done.
import { appendFile, rm } from "node:fs/promises";
import { programCommand } from "../../programs/index.ts";
import { defineOption } from "../../service/index.ts";
import { repairTable } from "../repair/index.ts";
import { enterReplicaMode } from "../sql-calls/index.ts";
import { compareArgument, compareFlags, compareKeys } from "./compare-keys.ts";
import { eachSetTable } from "./compare-run.ts";
import { repairJson, repairText } from "./compare-text.ts";

const programs = ["londiste"];

const repairFlags = {
  apply: defineOption({
    name: "apply",
    type: "bool",
    default: false,
    programs,
    flagOnly: true,
    doc: "repair: change the rows, instead of writing the statements to fix.<schema.table>.sql",
  }),
  repairWhere: defineOption({
    name: "repair_where",
    type: "text",
    programs,
    flagOnly: true,
    placeholder: "CONDITION",
    doc: "repair: only rows that meet this condition on either side",
  }),
  sortBufsize: defineOption({
    name: "sort_bufsize",
    type: "text",
    programs,
    flagOnly: true,
    ignored: "nothing is sorted outside of the database",
    doc: "repair: memory of the sort of older releases",
  }),
} as const;

export const repairCommand = programCommand({
  name: "repair",
  summary: "make tables as they are on the node that they come from",
  args: [compareArgument],
  keys: compareKeys,
  flags: { ...compareFlags, ...repairFlags },
  pidfile: "repair",
  examples: [
    {
      line: "conf.ini repair public.orders",
      doc: "write fix.public.orders.sql; exit status 3 when there is something to do",
    },
    { line: "conf.ini repair --apply", doc: "repair all tables; exit status 3 when something still differs" },
  ],
  async run(context) {
    const { service, options, out } = context;
    return await eachSetTable(context, async (common, { name }) => {
      const file = `fix.${name}.sql`;
      const isApplied = options.apply;
      if (!isApplied) await rm(file, { force: true });
      const repair = await repairTable({
        ...common,
        source: { ...common.source, where: both(common.source.where, options.repairWhere) },
        target: { ...common.target, where: both(common.target.where, options.repairWhere) },
        log: service.log,
        isApplied,
        prepareTarget: enterReplicaMode,
        ...(isApplied ? {} : { onStatements: (text: string) => appendFile(file, text) }),
      });
      if (!out.isJson) {
        out.result(null, repairText({ ...repair, comparison: { ...repair.comparison, table: name } }, isApplied));
      }
      return { json: repairJson(repair), isEqual: repair.remaining === 0 };
    });
  },
});

function both(first: string | null | undefined, second: string | null): string | null {
  const conditions = [first, second].filter((text) => text != null && text.trim() !== "");
  return conditions.length === 0 ? null : conditions.map((text) => `(${text ?? ""})`).join(" and ");
}
