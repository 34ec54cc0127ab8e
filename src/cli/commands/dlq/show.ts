// skytools dlq show
import { SkytoolsError } from "../../../errors/index.ts";
import { listDeadLetters } from "../../../pgq/index.ts";
import { argument, parseId } from "../../arguments.ts";
import { command } from "../../command.ts";
import { withDatabase } from "../../connect.ts";
import { formatFacts } from "../../../print/index.ts";
import { formatEvent } from "../event/columns.ts";

export const dlqShowCommand = command({
  name: "dlq show",
  summary: "show a dead letter with the whole event and why it was given up",
  args: [{ name: "number", doc: "number of the dead letter, as `dlq list` prints it" }],
  options: [],
  examples: [{ line: "skytools dlq show 17", doc: "everything about one dead letter" }],
  async run(context) {
    const deadId = parseId(argument(context, 0, "dead letter"), "a dead letter");
    const [letter] = await withDatabase(context, (db) => listDeadLetters(db, { after: deadId - 1n, limit: 1 }));
    if (letter?.deadId !== deadId) {
      throw new SkytoolsError("EVENT_UNKNOWN", `there is no dead letter ${deadId}`, { hint: "skytools dlq list" });
    }
    const { terminal } = context.out;
    context.out.result(letter, () => {
      const head = formatFacts(
        [
          ["number", String(letter.deadId)],
          ["queue", letter.queue],
          ["consumer", letter.consumer],
          ["given up", letter.deadAt],
          ["reason", letter.reason],
        ],
        terminal,
      );
      return `${head}\n${formatEvent(letter, terminal)}`;
    });
    return undefined;
  },
});
