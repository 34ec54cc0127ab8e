// skytools queue set
import { setQueueConfig } from "../../../pgq/index.ts";
import { parseSettings } from "../../arguments.ts";
import { command } from "../../command.ts";
import { eachQueue, queuesArgument } from "./each-queue.ts";
import { settingsArgument } from "./settings-argument.ts";

export const queueSetCommand = command({
  name: "queue set",
  summary: "change settings of a queue",
  args: [queuesArgument, settingsArgument],
  options: [],
  examples: [
    { line: "skytools queue set orders ticker_max_lag=200ms", doc: "ticks come sooner" },
    { line: "skytools queue set 'shop.*' ticker_idle_period=30s", doc: "all queues whose names begin so" },
    { line: "skytools queue set orders rotation_period=6h per_tx_limit=none", doc: "two settings at once" },
  ],
  async run(context) {
    const settings = parseSettings(context.rest);
    await eachQueue(context, async (db, queue) => {
      await setQueueConfig(db, queue, settings);
      return { value: { queue, settings }, text: `queue ${queue}: ${context.rest.join(", ")}` };
    });
    return undefined;
  },
});
