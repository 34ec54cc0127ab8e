// skytools queue tick
import { setTimeout as delay } from "node:timers/promises";
import { tickQueue } from "../../../pgq/index.ts";
import { defineOption } from "../../../service/index.ts";
import { argument, queueArgument } from "../../arguments.ts";
import { command } from "../../command.ts";
import { withDatabase } from "../../connect.ts";

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
  args: [queueArgument],
  options: [timeout],
  examples: [{ line: "skytools queue tick orders", doc: "prints the id of the tick" }],
  async run(context) {
    const queue = argument(context, 0, "queue");
    const pause = (ms: number): Promise<void> => delay(ms, undefined, { signal: context.signal });
    const timeoutMs = context.options.number("timeout") ?? 0;
    const tick = await withDatabase(context, (db) => tickQueue(db, queue, { pause, timeoutMs }));
    context.out.done({ queue, tick }, `tick ${tick}`);
    return undefined;
  },
});
