// skytools consumer register
import { registerConsumer } from "../../../pgq/index.ts";
import { argument, consumerArgument, queueArgument } from "../../arguments.ts";
import { command } from "../../command.ts";
import { withDatabase } from "../../connect.ts";
import { givenPlace, placeOf, placeOptions } from "./place-options.ts";

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
    { line: "skytools consumer register orders mailer2 --like mailer", doc: "it goes on where the other one is" },
  ],
  async run(context) {
    const [queue, consumer] = [argument(context, 0, "queue"), argument(context, 1, "consumer")];
    givenPlace(context);
    const isNew = await withDatabase(context, async (db) => {
      const at = (await placeOf(context, db, queue)) ?? "last";
      return await registerConsumer(db, queue, consumer, { at });
    });
    const text = isNew ? "registered" : "was registered, and stays where it is";
    context.out.done({ queue, consumer, isNew }, `consumer ${consumer} of queue ${queue} ${text}`);
    return undefined;
  },
});
