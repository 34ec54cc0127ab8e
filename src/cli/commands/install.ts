// skytools install: puts one of our schemas into a database.
import { installSchema, summarize } from "../../pgq/index.ts";
import { commonOptions } from "../../service/index.ts";
import { command } from "../command.ts";
import { withDatabase } from "../connect.ts";
import { schemaArgument, schemaOf } from "../schema-argument.ts";

export const installCommand = command({
  name: "install",
  summary: "install a schema, take it over from the C version, or bring it up to date",
  args: [schemaArgument],
  options: [commonOptions.dryRun],
  examples: [
    { line: "skytools install pgq --db postgresql://localhost/shop", doc: "install PgQ, or upgrade what is there" },
    { line: "skytools install pgq --db dbname=shop --dry-run > plan.sql", doc: "look first" },
  ],
  async run(context) {
    const schema = schemaOf(context);
    const isDryRun = context.options.flag("dry_run");
    const report = await withDatabase(context, (db) =>
      installSchema(db, {
        schema,
        dryRun: isDryRun,
        signal: context.signal,
        log: { info: (_, text) => context.out.note(text), warn: (_, text) => context.out.note(text) },
      }),
    );
    if (isDryRun && !context.out.isJson) {
      context.out.note(summarize(report));
      context.stdout.write(report.sql);
      return undefined;
    }
    const { sql, ...facts } = report;
    context.out.result(isDryRun ? { ...facts, sql } : facts, summarize(report));
    return undefined;
  },
});
