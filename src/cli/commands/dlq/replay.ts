// skytools dlq replay
import { replayDeadLetters } from "../../../pgq/index.ts";
import { argument, consumerArgument, parseId, queueArgument } from "../../arguments.ts";
import { command } from "../../command.ts";
import { count } from "../../confirm.ts";
import { withDatabase } from "../../connect.ts";

export const dlqReplayCommand = command({
  name: "dlq replay",
  summary: "give dead letters to their consumer again, all or some",
  args: [
    queueArgument,
    consumerArgument,
    { name: "number", doc: "dead letters; all when left out", isOptional: true, isVariadic: true },
  ],
  options: [],
  examples: [
    { line: "skytools dlq replay orders mailer", doc: "all of a consumer, after its error was mended" },
    { line: "skytools dlq replay orders mailer 17 18", doc: "two of them" },
  ],
  async run(context) {
    const [queue, consumer] = [argument(context, 0, "queue"), argument(context, 1, "consumer")];
    const ids = context.rest.map((word) => parseId(word, "a dead letter"));
    const replayed = await withDatabase(context, (db) =>
      replayDeadLetters(db, queue, consumer, ids.length === 0 ? {} : { ids }),
    );
    context.out.done({ queue, consumer, replayed }, `${count(replayed, "event")} will come again`);
    return undefined;
  },
});
