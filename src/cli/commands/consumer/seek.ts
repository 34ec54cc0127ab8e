// skytools consumer seek
import { SkytoolsError } from "../../../errors/index.ts";
import { planMove, seekConsumer } from "../../../pgq/index.ts";
import { argument, consumerArgument, queueArgument } from "../../arguments.ts";
import { command, yesOption } from "../../command.ts";
import { withDatabase } from "../../connect.ts";
import { describeMove, requireYesForMove } from "./move-text.ts";
import { givenPlace, placeOf, placeOptions, PLACES } from "./place-options.ts";

export const consumerSeekCommand = command({
  name: "consumer seek",
  summary: "move a consumer to another place in its queue",
  args: [queueArgument, consumerArgument],
  options: [...placeOptions, yesOption],
  examples: [
    { line: "skytools consumer seek orders mailer --ago 30min", doc: "deliver the last half hour again" },
    { line: "skytools consumer seek orders mailer --last --yes", doc: "give up everything that waits" },
  ],
  async run(context) {
    const [queue, consumer] = [argument(context, 0, "queue"), argument(context, 1, "consumer")];
    if (givenPlace(context) === null) throw new SkytoolsError("WRONG_USE", "no place is given", { hint: PLACES });
    const move = await withDatabase(context, async (db) => {
      const to = (await placeOf(context, db, queue)) ?? "last";
      requireYesForMove(context, await planMove(db, queue, consumer, to));
      return await seekConsumer(db, queue, consumer, to);
    });
    context.out.done(move, describeMove(move));
    return undefined;
  },
});
