// londiste compare: are the tables of this node as they are above it?
import { programCommand } from "../../programs/index.ts";
import { defineOption } from "../../service/index.ts";
import { compareTable } from "../compare/index.ts";
import { compareArgument, compareFlags, compareKeys } from "./compare-keys.ts";
import { eachSetTable } from "./compare-run.ts";
import { comparisonJson, comparisonText } from "./compare-text.ts";

const countOnly = defineOption({
  name: "count_only",
  type: "bool",
  default: false,
  programs: ["londiste"],
  flagOnly: true,
  doc: "compare: only the numbers of rows",
});

export const compareCommand = programCommand({
  name: "compare",
  summary: "compare tables with the node that they come from",
  args: [compareArgument],
  keys: compareKeys,
  flags: { ...compareFlags, countOnly },
  pidfile: "repair",
  examples: [
    { line: "conf.ini compare", doc: "all tables; exit status 3 when one differs" },
    { line: "conf.ini compare public.orders 'shop.*' --json", doc: "some, for a program" },
  ],
  async run(context) {
    const { options, out } = context;
    return await eachSetTable(context, async (common, { name }) => {
      const found = { ...(await compareTable({ ...common, isCountOnly: options.countOnly })), table: name };
      if (!out.isJson) out.result(null, comparisonText(found, options.compareFmt));
      return { json: comparisonJson(found), isEqual: found.isEqual };
    });
  },
});
