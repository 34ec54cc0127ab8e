// skytools uninstall: removes one of our schemas from a database.
import { type UninstallReport, uninstallSchema, wrapInTransaction } from "../../pgq/index.ts";
import { commonOptions } from "../../service/index.ts";
import { command } from "../command.ts";
import { withDatabase } from "../connect.ts";
import { schemaArgument, schemaOf } from "../schema-argument.ts";

export const uninstallCommand = command({
  name: "uninstall",
  summary: "remove a schema; refuses while queues or capture triggers exist",
  args: [schemaArgument],
  options: [commonOptions.force, commonOptions.dryRun],
  examples: [
    { line: "skytools uninstall pgq --db dbname=shop", doc: "remove PgQ when nothing uses it any more" },
    { line: "skytools uninstall pgq --db dbname=shop --force", doc: "remove it with all queues and events" },
  ],
  async run(context) {
    const isDryRun = context.options.flag("dry_run");
    const report = await withDatabase(context, (db) =>
      uninstallSchema(db, { schema: schemaOf(context), force: context.options.flag("force"), dryRun: isDryRun }),
    );
    if (isDryRun && !context.out.isJson) context.stdout.write(report.sql === "" ? "" : wrapInTransaction(report.sql));
    else context.out.result(report, describe(report));
    return undefined;
  },
});

function describe({ schema, isRemoved, dropped, rolesKept }: UninstallReport): string {
  if (!isRemoved) return `there is no schema ${schema} in this database`;
  const roles =
    rolesKept.length === 0 ? "" : `; the roles ${rolesKept.join(", ")} are kept, other databases may use them`;
  return [`${schema} removed${roles}`, ...dropped.map((what) => `dropped ${what}`)].join("\n");
}
