// skytools sql: prints what install would run, for psql and for migration tools.
import { installScript, uninstallScript, wrapInTransaction } from "../../pgq/index.ts";
import { defineOption } from "../../service/index.ts";
import { command } from "../command.ts";
import { schemaArgument, schemaOf } from "../schema-argument.ts";

const noTransaction = defineOption({
  name: "no_transaction",
  type: "bool",
  default: false,
  programs: ["sql"],
  doc: "leave begin and commit out, for tools that bring their own transaction",
});

const uninstall = defineOption({
  name: "uninstall",
  type: "bool",
  default: false,
  programs: ["sql"],
  doc: "print the script that removes the schema instead; it refuses while queues exist",
});

export const sqlCommand = command({
  name: "sql",
  summary: "print the script that installs a schema or brings it up to date",
  args: [schemaArgument],
  options: [noTransaction, uninstall],
  examples: [
    { line: "skytools sql pgq | psql -v ON_ERROR_STOP=1 -d shop", doc: "install with psql" },
    { line: "skytools sql pgq --no-transaction > migrations/0042_pgq.sql", doc: "as a step of a migration tool" },
  ],
  run(context) {
    const schema = schemaOf(context);
    const script = context.options.flag("uninstall") ? uninstallScript(schema, false) : installScript(schema);
    const sql = context.options.flag("no_transaction") ? script : wrapInTransaction(script);
    context.out.result({ schema, sql }, sql);
    return Promise.resolve(undefined);
  },
});
