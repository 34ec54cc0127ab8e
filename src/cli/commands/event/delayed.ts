// skytools event delayed
import { type DelayedEvent, delayedEvents } from "../../../pgq/index.ts";
import { defineOption } from "../../../service/index.ts";
import { command, watchOption } from "../../command.ts";
import { withDatabase } from "../../connect.ts";
import { type Column, formatTable, shortDuration } from "../../../print/index.ts";

const columns: readonly Column<DelayedEvent>[] = [
  { title: "queue", value: ({ queue }) => queue, isFlexible: true },
  { title: "id", value: ({ id }) => id, align: "right" },
  { title: "due", value: ({ dueAt }) => dueAt.slice(0, 19) },
  { title: "in", value: ({ dueInMs }) => (dueInMs <= 0 ? "now" : shortDuration(dueInMs)), align: "right" },
  { title: "type", value: ({ type }) => type, isFlexible: true },
  { title: "data", value: ({ data }) => data, isFlexible: true },
];

const limit = defineOption({
  name: "limit",
  type: "int",
  default: 100,
  min: 1,
  max: 100_000,
  short: "n",
  programs: ["event delayed"],
  doc: "most events to print",
});

export const eventDelayedCommand = command({
  name: "event delayed",
  summary: "list events that were sent for later and are not in their queue yet, the next one first",
  args: [{ name: "queue", doc: "only those of this queue", isOptional: true }],
  options: [limit, watchOption],
  examples: [
    { line: "skytools event delayed orders", doc: "what comes, and when" },
    { line: "skytools event delayed --json --limit 1000", doc: "of all queues, for a program" },
  ],
  async run(context) {
    const page = { queue: context.args[0], limit: context.options.number("limit") };
    const events = await withDatabase(context, (db) => delayedEvents(db, page));
    context.out.result(events, () => formatTable(columns, events, context.out.terminal, "no delayed events"));
    return undefined;
  },
});
