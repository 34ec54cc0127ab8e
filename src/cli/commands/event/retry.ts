// skytools event retry
import { redeliverEvent } from "../../../pgq/index.ts";
import { defineOption } from "../../../service/index.ts";
import { argument, consumerArgument, parseId, queueArgument } from "../../arguments.ts";
import { command } from "../../command.ts";
import { withDatabase } from "../../connect.ts";

const delay = defineOption({
  name: "delay",
  type: "duration",
  default: 0,
  min: 0,
  programs: ["event retry"],
  doc: "not before so much time has passed",
});

export const eventRetryCommand = command({
  name: "event retry",
  summary: "deliver events once more to one consumer, or change when that happens",
  args: [queueArgument, consumerArgument, { name: "event", doc: "ids of events", isVariadic: true }],
  options: [delay],
  examples: [
    { line: "skytools event retry orders mailer 4711 4712", doc: "that consumer alone gets them again" },
    { line: "skytools event retry orders mailer 4711 --delay 10min", doc: "later; also moves one that waits already" },
  ],
  async run(context) {
    const [queue, consumer] = [argument(context, 0, "queue"), argument(context, 1, "consumer")];
    const ids = context.rest.map((word) => parseId(word, "an event"));
    const delayMs = context.options.number("delay") ?? 0;
    const done = await withDatabase(context, (db) =>
      db.transaction(async (tx) => {
        const outcomes = [];
        for (const id of ids) {
          outcomes.push({ event: id, outcome: await redeliverEvent(tx, queue, consumer, id, { delayMs }) });
        }
        return outcomes;
      }),
    );
    const lines = done.map(({ event, outcome }) =>
      outcome === "moved"
        ? `event ${event} waited for a retry: its time was changed`
        : `event ${event} will come again`,
    );
    context.out.done(done, lines.join("\n"));
    return undefined;
  },
});
