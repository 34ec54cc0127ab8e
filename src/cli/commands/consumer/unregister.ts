// skytools consumer unregister
import { requireConsumer, unregisterConsumer } from "../../../pgq/index.ts";
import { argument, consumerArgument, queueArgument } from "../../arguments.ts";
import { command, yesOption } from "../../command.ts";
import { count, requireYes } from "../../confirm.ts";
import { withDatabase } from "../../connect.ts";

export const consumerUnregisterCommand = command({
  name: "consumer unregister",
  summary: "remove a consumer: its position and its retry events are lost",
  args: [queueArgument, consumerArgument],
  options: [yesOption],
  examples: [
    { line: "skytools consumer unregister orders mailer --yes", doc: "without --yes: say what would be lost" },
  ],
  async run(context) {
    const [queue, consumer] = [argument(context, 0, "queue"), argument(context, 1, "consumer")];
    const removed = await withDatabase(context, async (db) => {
      const status = await requireConsumer(db, queue, consumer);
      const lost = [
        `consumer ${consumer} would lose its position in queue ${queue}`,
        `about ${count(status.pendingEvents ?? 0n, "pending event")}`,
        ...(status.retryEvents === null ? [] : [count(status.retryEvents, "retry event")]),
        ...(status.batch === null ? [] : [`its open batch ${status.batch}`]),
      ];
      requireYes(context, lost.join(", "));
      return await unregisterConsumer(db, queue, consumer);
    });
    const others = removed > 1 ? ` with ${count(removed - 1, "cooperating consumer")}` : "";
    context.out.done({ queue, consumer, removed }, `consumer ${consumer} of queue ${queue} removed${others}`);
    return undefined;
  },
});
