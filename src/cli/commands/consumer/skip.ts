// skytools consumer skip
import { SkytoolsError } from "../../../errors/index.ts";
import { planMove, type QueuePosition, requireConsumer, seekConsumer } from "../../../pgq/index.ts";
import { defineOption } from "../../../service/index.ts";
import { argument, consumerArgument, queueArgument } from "../../arguments.ts";
import { command, yesOption } from "../../command.ts";
import { withDatabase } from "../../connect.ts";
import { describeMove, requireYesForMove } from "./move-text.ts";

const batches = defineOption({
  name: "batches",
  type: "int",
  default: 1,
  min: 1,
  programs: ["consumer skip"],
  doc: "how many ticks to skip; an open batch counts as one",
});

export const consumerSkipCommand = command({
  name: "consumer skip",
  summary: "let a consumer pass over its open or next batch",
  args: [queueArgument, consumerArgument],
  options: [batches, yesOption],
  examples: [
    { line: "skytools consumer skip orders mailer", doc: "say how many events the batch holds" },
    { line: "skytools consumer skip orders mailer --yes", doc: "skip it" },
  ],
  async run(context) {
    const [queue, consumer] = [argument(context, 0, "queue"), argument(context, 1, "consumer")];
    const move = await withDatabase(context, async (db) => {
      const { lastTick, nextTick } = await requireConsumer(db, queue, consumer);
      const ticks = context.options.number("batches") ?? 1;
      const start = nextTick ?? lastTick;
      if (start === null) {
        throw new SkytoolsError("WRONG_USE", `consumer ${consumer} has no position`, {
          hint: "move its group instead",
        });
      }
      const further = nextTick === null ? ticks : ticks - 1;
      const to: QueuePosition = further === 0 ? { tick: start } : { after: start, ticks: further };
      requireYesForMove(context, await planMove(db, queue, consumer, to));
      return await seekConsumer(db, queue, consumer, to);
    });
    context.out.done(move, describeMove(move));
    return undefined;
  },
});
