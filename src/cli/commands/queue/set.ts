// skytools queue set
import { setQueueConfig } from "../../../pgq/index.ts";
import { argument, parseSettings, queueArgument } from "../../arguments.ts";
import { command } from "../../command.ts";
import { withDatabase } from "../../connect.ts";
import { settingsArgument } from "./settings-argument.ts";

export const queueSetCommand = command({
  name: "queue set",
  summary: "change settings of a queue",
  args: [queueArgument, settingsArgument],
  options: [],
  examples: [
    { line: "skytools queue set orders ticker_max_lag=200ms", doc: "ticks come sooner" },
    { line: "skytools queue set orders rotation_period=6h per_tx_limit=none", doc: "two settings at once" },
  ],
  async run(context) {
    const queue = argument(context, 0, "queue");
    const settings = parseSettings(context.rest);
    await withDatabase(context, (db) => setQueueConfig(db, queue, settings));
    context.out.done({ queue, settings }, `queue ${queue}: ${context.rest.join(", ")}`);
    return undefined;
  },
});
