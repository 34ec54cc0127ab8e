// skytools doctor: compares a database with what should be there, and says what to do.
import { exitStatus } from "../../errors/index.ts";
import { examineSchema, formatFinding } from "../../pgq/index.ts";
import { command } from "../command.ts";
import { withDatabase } from "../connect.ts";

export const doctorCommand = command({
  name: "doctor",
  summary: "compare the database with what should be there and say what to do",
  args: [{ name: "schema", doc: "which schema; default: pgq", isOptional: true }],
  options: [],
  examples: [
    { line: "skytools doctor --db dbname=shop", doc: "exit status 0: all is well; 3: there are findings" },
    { line: "skytools doctor --db dbname=shop --json", doc: "for a monitoring system" },
  ],
  async run(context) {
    const schema = context.args[0] ?? "pgq";
    const findings = await withDatabase(context, (db) => examineSchema(db, schema));
    const text =
      findings.length === 0 ? `${schema}: nothing to complain about` : findings.map(formatFinding).join("\n");
    context.out.result({ schema, findings }, text);
    return findings.length === 0 ? exitStatus.done : exitStatus.differencesFound;
  },
});
