// skytools dlq list
import { type DeadLetter, listDeadLetters } from "../../../pgq/index.ts";
import { defineOption } from "../../../service/index.ts";
import { parseId } from "../../arguments.ts";
import { command, watchOption } from "../../command.ts";
import { withDatabase } from "../../connect.ts";
import { type Column, formatTable } from "../../../print/index.ts";

const programs = ["dlq list"];

const columns: readonly Column<DeadLetter>[] = [
  { title: "number", value: ({ deadId }) => deadId, align: "right" },
  { title: "given up", value: ({ deadAt }) => deadAt.slice(0, 19) },
  { title: "queue", value: ({ queue }) => queue, isFlexible: true },
  { title: "consumer", value: ({ consumer }) => consumer, isFlexible: true },
  { title: "event", value: ({ id }) => id, align: "right" },
  { title: "type", value: ({ type }) => type, isFlexible: true },
  { title: "reason", value: ({ reason }) => reason, isFlexible: true },
];

export const dlqListCommand = command({
  name: "dlq list",
  summary: "list dead letters: events that a consumer gave up on, the oldest first",
  args: [
    { name: "queue", doc: "only those of this queue", isOptional: true },
    { name: "consumer", doc: "only those of this consumer", isOptional: true },
  ],
  options: [
    defineOption({ name: "after", type: "text", placeholder: "NUMBER", programs, doc: "go on after this dead letter" }),
    defineOption({
      name: "limit",
      type: "int",
      default: 100,
      min: 1,
      max: 100_000,
      short: "n",
      programs,
      doc: "most dead letters to print",
    }),
    watchOption,
  ],
  examples: [
    { line: "skytools dlq list --db dbname=shop", doc: "all of the database" },
    { line: "skytools dlq list orders mailer --after 1200", doc: "the next page of one consumer" },
  ],
  async run(context) {
    const [queue, consumer] = context.args;
    const after = context.options.text("after");
    const page = {
      queue,
      consumer,
      after: after === undefined ? 0n : parseId(after, "a dead letter"),
      limit: context.options.number("limit"),
    };
    const letters = await withDatabase(context, (db) => listDeadLetters(db, page));
    context.out.result(letters, () => formatTable(columns, letters, context.out.terminal, "no dead letters"));
    return undefined;
  },
});
