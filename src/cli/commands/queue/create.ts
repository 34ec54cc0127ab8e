// skytools queue create
import { createQueue } from "../../../pgq/index.ts";
import { argument, parseSettings, queueArgument } from "../../arguments.ts";
import { command } from "../../command.ts";
import { withDatabase } from "../../connect.ts";
import { settingsArgument } from "./settings-argument.ts";

export const queueCreateCommand = command({
  name: "queue create",
  summary: "make a queue; one that is there stays, with the settings given",
  args: [queueArgument, { ...settingsArgument, isOptional: true }],
  options: [],
  examples: [
    { line: "skytools queue create orders --db dbname=shop", doc: "with the default settings" },
    { line: "skytools queue create orders ticker_max_lag=500ms rotation_period=1h", doc: "with some of its own" },
  ],
  async run(context) {
    const queue = argument(context, 0, "queue");
    const settings = parseSettings(context.rest);
    const isNew = await withDatabase(context, (db) => createQueue(db, queue, settings));
    context.out.done({ queue, isNew }, isNew ? `queue ${queue} created` : `queue ${queue} was there`);
    return undefined;
  },
});
