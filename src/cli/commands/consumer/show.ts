// skytools consumer show
import { requireConsumer } from "../../../pgq/index.ts";
import { argument, consumerArgument, queueArgument } from "../../arguments.ts";
import { command, watchOption } from "../../command.ts";
import { withDatabase } from "../../connect.ts";
import { formatFacts, shortDuration } from "../../../print/index.ts";
import { deadCell } from "./columns.ts";

export const consumerShowCommand = command({
  name: "consumer show",
  summary: "show where a consumer is and what waits for it",
  args: [queueArgument, consumerArgument],
  options: [watchOption],
  examples: [{ line: "skytools consumer show orders mailer", doc: "everything about one consumer" }],
  async run(context) {
    const [queue, name] = [argument(context, 0, "queue"), argument(context, 1, "consumer")];
    const consumer = await withDatabase(context, (db) => requireConsumer(db, queue, name));
    context.out.result(consumer, () =>
      formatFacts(
        [
          ["queue", consumer.queue],
          ["consumer", consumer.consumer],
          ["group", consumer.group ?? "none: it works alone"],
          ["position", consumer.lastTick === null ? null : `tick ${consumer.lastTick}`],
          ["lag", shortDuration(consumer.lagMs)],
          ["behind", consumer.behindMs === 0 ? "not at all" : shortDuration(consumer.behindMs)],
          ["pending", consumer.pendingEvents === null ? null : `about ${consumer.pendingEvents} events`],
          ["open batch", batchText(consumer.batch, consumer.nextTick)],
          ["last seen", `${shortDuration(consumer.lastSeenMs) ?? ""} ago`],
          [
            "retries",
            consumer.retryEvents === null ? "only pgq_admin can see them" : `${consumer.retryEvents} events wait`,
          ],
          [
            "dead letters",
            consumer.deadLetters === null ? "only pgq_reader can see them" : deadCell(consumer.deadLetters),
          ],
        ],
        context.out.terminal,
      ),
    );
    return undefined;
  },
});

function batchText(batch: bigint | null, nextTick: bigint | null): string {
  return batch === null ? "none" : `${batch}, up to tick ${nextTick ?? "?"}`;
}
