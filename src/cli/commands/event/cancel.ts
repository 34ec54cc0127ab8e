// skytools event cancel
import { SkytoolsError } from "../../../errors/index.ts";
import { cancelDelayed, requireQueue } from "../../../pgq/index.ts";
import { argument, parseId, queueArgument } from "../../arguments.ts";
import { command } from "../../command.ts";
import { withDatabase } from "../../connect.ts";
import { count } from "../../confirm.ts";

export const eventCancelCommand = command({
  name: "event cancel",
  summary: "take back events that were sent for later, all of those named or none",
  args: [queueArgument, { name: "event", doc: "ids, as `event delayed` prints them", isVariadic: true }],
  options: [],
  examples: [{ line: "skytools event cancel orders 4711 4712", doc: "they never come into the queue" }],
  async run(context) {
    const queue = argument(context, 0, "queue");
    const ids = [...new Set(context.rest.map((word) => parseId(word, "an event")))];
    await withDatabase(context, (db) =>
      db.transaction(async (tx) => {
        await requireQueue(tx, queue);
        for (const id of ids) {
          if (!(await cancelDelayed(tx, queue, id))) throw notDelayed(queue, id);
        }
      }),
    );
    context.out.done({ queue, cancelled: ids }, `${count(ids.length, "event")} cancelled`);
    return undefined;
  },
});

function notDelayed(queue: string, id: bigint): SkytoolsError {
  return new SkytoolsError("EVENT_UNKNOWN", `queue ${queue} has no delayed event ${id}; nothing was cancelled`, {
    hint: `it may be in the queue already: skytools event show ${queue} ${id}`,
  });
}
