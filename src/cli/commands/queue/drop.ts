// skytools queue drop
import { dropQueue, listConsumers, requireQueue } from "../../../pgq/index.ts";
import { commonOptions } from "../../../service/index.ts";
import { argument, queueArgument } from "../../arguments.ts";
import { command, yesOption } from "../../command.ts";
import { count, requireYes } from "../../confirm.ts";
import { withDatabase } from "../../connect.ts";
import { shortSize } from "../../../print/index.ts";

export const queueDropCommand = command({
  name: "queue drop",
  summary: "remove a queue with its events; with consumers only by --force",
  args: [queueArgument],
  options: [yesOption, commonOptions.force],
  examples: [
    { line: "skytools queue drop orders", doc: "say what would be lost" },
    { line: "skytools queue drop orders --yes", doc: "remove a queue that has no consumers" },
    { line: "skytools queue drop orders --force", doc: "remove it with its consumers" },
  ],
  async run(context) {
    const queue = argument(context, 0, "queue");
    const force = context.options.flag("force");
    await withDatabase(context, async (db) => {
      const { bytes, delayedEvents } = await requireQueue(db, queue);
      const consumers = await listConsumers(db, { queue });
      const names = consumers.map(({ consumer }) => consumer).join(", ");
      const lost = consumers.length === 0 ? "no consumers" : `${count(consumers.length, "consumer")} (${names})`;
      requireYes(
        context,
        `queue ${queue} has ${lost}${delayedText(delayedEvents)} and ${shortSize(bytes) ?? "0 B"} of event tables, which would be lost`,
        consumers.length === 0 ? "--yes" : "--force",
      );
      await dropQueue(db, queue, { force });
    });
    context.out.done({ queue }, `queue ${queue} dropped`);
    return undefined;
  },
});

function delayedText(events: bigint | null): string {
  return events === null || events === 0n ? "" : `, ${count(events, "delayed event")}`;
}
