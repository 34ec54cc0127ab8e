// skytools event show
import { findEvent, type FoundEvent } from "../../../pgq/index.ts";
import { argument, parseId, queueArgument } from "../../arguments.ts";
import { command } from "../../command.ts";
import { withDatabase } from "../../connect.ts";
import { type Column, formatTable } from "../../../print/index.ts";
import { formatEvent } from "./columns.ts";

type Delivery = FoundEvent["deliveries"][number];

const texts: Readonly<Record<Delivery["state"], string>> = {
  done: "has passed it",
  "in-batch": "has it in its open batch",
  waiting: "has it before it",
  "not-for-it": "does not get it: a retry of another consumer",
  unknown: "ask its group",
};

const columns: readonly Column<Delivery>[] = [
  { title: "consumer", value: ({ consumer }) => consumer },
  { title: "state", value: ({ state }) => ({ text: texts[state], style: state === "done" ? "green" : null }) },
  { title: "batch", value: ({ batch }) => batch, align: "right" },
];

export const eventShowCommand = command({
  name: "event show",
  summary: "show an event and which consumers have passed it",
  args: [queueArgument, { name: "event", doc: "its id" }],
  options: [],
  examples: [
    { line: "skytools event show orders 4711", doc: "reads the event tables whole: they have no index on ids" },
  ],
  async run(context) {
    const queue = argument(context, 0, "queue");
    const id = parseId(argument(context, 1, "event"), "an event");
    const found = await withDatabase(context, (db) => findEvent(db, queue, id));
    const { terminal } = context.out;
    context.out.result(found, () =>
      found
        .map(({ event, deliveries }) => {
          const table = formatTable(columns, deliveries, terminal, "the queue has no consumers");
          return `${formatEvent(event, terminal)}\n${table}`;
        })
        .join("\n"),
    );
    return undefined;
  },
});
