// skytools queue tick
import { setTimeout as delay } from "node:timers/promises";
import { tickQueue } from "../../../pgq/index.ts";
import { defineOption } from "../../../service/index.ts";
import { command } from "../../command.ts";
import { eachQueue, queuesArgument } from "./each-queue.ts";

const timeout = defineOption({
  name: "timeout",
  type: "duration",
  default: 10_000,
  min: 0,
  programs: ["queue tick"],
  doc: "how long to wait for the ticker, where the role may not tick itself",
});

export const queueTickCommand = command({
  name: "queue tick",
  summary: "make a tick now, so that consumers get what waits",
  args: [queuesArgument],
  options: [timeout],
  examples: [
    { line: "skytools queue tick orders", doc: "prints the id of the tick" },
    { line: "skytools queue tick 'shop.*'", doc: "all queues whose names begin so" },
  ],
  async run(context) {
    const pause = (ms: number): Promise<void> => delay(ms, undefined, { signal: context.signal });
    const timeoutMs = context.options.number("timeout") ?? 0;
    await eachQueue(context, async (db, queue) => {
      const tick = await tickQueue(db, queue, { pause, timeoutMs });
      return {
        value: { queue, tick },
        text: context.args[0] === queue ? `tick ${tick}` : `queue ${queue}: tick ${tick}`,
      };
    });
    return undefined;
  },
});
