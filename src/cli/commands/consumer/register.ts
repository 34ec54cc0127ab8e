// skytools consumer register
import { registerConsumer } from "../../../pgq/index.ts";
import { argument, consumerArgument, queueArgument } from "../../arguments.ts";
import { command } from "../../command.ts";
import { withDatabase } from "../../connect.ts";
import { placeOf, placeOptions } from "./place-options.ts";

export const consumerRegisterCommand = command({
  name: "consumer register",
  summary: "register a consumer; one that is registered stays where it is",
  args: [queueArgument, consumerArgument],
  options: placeOptions,
  examples: [
    { line: "skytools consumer register orders mailer", doc: "it gets what is committed from now on" },
    {
      line: "skytools consumer register orders mailer --ago 1h",
      doc: "… and the events of the last hour, as far as kept",
    },
  ],
  async run(context) {
    const [queue, consumer] = [argument(context, 0, "queue"), argument(context, 1, "consumer")];
    const at = placeOf(context) ?? "last";
    const isNew = await withDatabase(context, (db) => registerConsumer(db, queue, consumer, { at }));
    const text = isNew ? "registered" : "was registered, and stays where it is";
    context.out.done({ queue, consumer, isNew }, `consumer ${consumer} of queue ${queue} ${text}`);
    return undefined;
  },
});
