// skytools compare: are the tables of two databases equal? Any two; no replica set is needed.
import { defineOption } from "../../../service/index.ts";
import { command } from "../../command.ts";
import { compareArgs, compareOptions } from "./options.ts";

const countOnly = defineOption({
  name: "count_only",
  type: "bool",
  default: false,
  programs: ["compare"],
  doc: "only the numbers of rows",
});

export const compareCommand = command({
  name: "compare",
  summary: "compare the tables of two databases; exit status 3 when they differ",
  args: compareArgs,
  options: [...compareOptions, countOnly],
  examples: [
    { line: "skytools compare --source dbname=old --db dbname=new", doc: "all tables" },
    { line: "skytools compare 'shop.*' --source host=a --db host=b --json", doc: "some, for a program" },
  ],
  // Only this command needs what is behind it; the others start without.
  run: async (context) => await (await import("./run-compare.ts")).runCompare(context),
});
