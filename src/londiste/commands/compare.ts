// londiste compare: are the tables of this node as they are above it?
import { programCommand } from "../../programs/index.ts";
import { defineOption } from "../../service/index.ts";
import { type ComparePlace, compareTable, type TableComparison } from "../compare/index.ts";
import { compareArgument, compareFlags, compareKeys } from "./compare-keys.ts";
import { CompareFile, type ComparedTable } from "./compare-file.ts";
import { eachSetTable, type Outcome } from "./compare-run.ts";
import { comparisonJson, comparisonText } from "./compare-text.ts";

const countOnly = defineOption({
  name: "count_only",
  type: "bool",
  default: false,
  programs: ["londiste"],
  flagOnly: true,
  doc: "compare: only the numbers of rows",
});

const resume = defineOption({
  name: "resume",
  type: "text",
  programs: ["londiste"],
  flagOnly: true,
  placeholder: "FILE",
  doc: "compare: write down in FILE how far it is, and go on from there when it was stopped; the file goes away at the end",
});

export const compareCommand = programCommand({
  name: "compare",
  summary: "compare tables with the node that they come from",
  args: [compareArgument],
  keys: compareKeys,
  flags: { ...compareFlags, countOnly, resume },
  pidfile: "repair",
  examples: [
    { line: "conf.ini compare", doc: "all tables; exit status 3 when one differs" },
    { line: "conf.ini compare public.orders 'shop.*' --json", doc: "some, for a program" },
    { line: "conf.ini compare --resume compare.state", doc: "give it again after a stop: it does not begin anew" },
  ],
  async run(context) {
    const { service, options, out } = context;
    const { queueName: queue, columns, key, countOnly: isCountOnly } = options;
    const question = JSON.stringify({ job: service.jobName, queue, columns, key, isCountOnly });
    const file = options.resume === null ? null : await CompareFile.open(options.resume, question);
    const tell = (text: string): void => {
      if (!out.isJson) out.result(null, text);
    };
    const status = await eachSetTable(context, async (common, { name }) => {
      const before = file?.compared(name) ?? null;
      if (before !== null) {
        tell(`${before.text}${name}: compared at ${before.time}, before a stop\n`);
        return outcomeOf(before);
      }
      const from = file?.begun(name) ?? null;
      const place = file === null ? {} : { place: { from, save: (at: ComparePlace) => file.savePlace(name, at) } };
      const found = { ...(await compareTable({ ...common, isCountOnly, ...place })), table: name };
      const result = resultOf(found, options.compareFmt, new Date(service.clock.now()));
      tell(result.text);
      await file?.saveTable(name, result);
      return { json: result.json, isEqual: result.isEqual };
    });
    await file?.remove();
    return status;
  },
});

function resultOf(found: TableComparison, format: string, at: Date): ComparedTable {
  const text = comparisonText(found, format);
  return { text, json: comparisonJson(found), isEqual: found.isEqual, time: at.toISOString() };
}

function outcomeOf({ json, isEqual, time }: ComparedTable): Outcome {
  return { json: { ...json, comparedAt: time }, isEqual };
}
