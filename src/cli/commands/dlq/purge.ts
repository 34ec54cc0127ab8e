// skytools dlq purge
import { listDeadLetters, purgeDeadLetters } from "../../../pgq/index.ts";
import { defineOption } from "../../../service/index.ts";
import { argument, parseId, queueArgument } from "../../arguments.ts";
import { command, yesOption } from "../../command.ts";
import { count, requireYes } from "../../confirm.ts";
import { withDatabase } from "../../connect.ts";

const MANY = 1000;
const programs = ["dlq purge"];

const olderThan = defineOption({
  name: "older_than",
  type: "duration",
  min: 0,
  programs,
  doc: "only those that were given up so long ago",
});
const consumerOption = defineOption({ name: "consumer", type: "text", programs, doc: "only those of this consumer" });

export const dlqPurgeCommand = command({
  name: "dlq purge",
  summary: "remove dead letters of a queue for good",
  args: [queueArgument, { name: "number", doc: "dead letters; all when left out", isOptional: true, isVariadic: true }],
  options: [consumerOption, olderThan, yesOption],
  examples: [
    { line: "skytools dlq purge orders --older-than 30d --yes", doc: "the old ones" },
    { line: "skytools dlq purge orders 17 --yes", doc: "one of them" },
  ],
  async run(context) {
    const queue = argument(context, 0, "queue");
    const consumer = context.options.text("consumer");
    const ids = context.rest.map((word) => parseId(word, "a dead letter"));
    const olderThanMs = context.options.number("older_than");
    const purged = await withDatabase(context, async (db) => {
      const found = await listDeadLetters(db, { queue, consumer, limit: MANY });
      const some = found.length === MANY ? `${MANY} or more dead letters` : count(found.length, "dead letter");
      const which =
        ids.length > 0 ? count(ids.length, "dead letter") : olderThanMs === undefined ? some : `old ones of ${some}`;
      requireYes(context, `${which} of queue ${queue} would be lost`);
      return await purgeDeadLetters(db, queue, { consumer, olderThanMs, ids: ids.length === 0 ? undefined : ids });
    });
    context.out.done({ queue, purged }, `${count(purged, "dead letter")} removed`);
    return undefined;
  },
});
