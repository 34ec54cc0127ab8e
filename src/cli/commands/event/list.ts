// skytools event list
import { SkytoolsError } from "../../../errors/index.ts";
import { batchEvents, pendingEvents, recentEvents, requireConsumer, retryEvents } from "../../../pgq/index.ts";
import type { Connection } from "../../../postgres/index.ts";
import { defineOption } from "../../../service/index.ts";
import { argument, parseId, queueArgument } from "../../arguments.ts";
import { command, watchOption } from "../../command.ts";
import { withDatabase } from "../../connect.ts";
import type { CommandContext } from "../../context.ts";
import { formatTable } from "../../../print/index.ts";
import { eventColumns, waitingColumns } from "./columns.ts";

const programs = ["event list"];

const options = [
  defineOption({ name: "consumer", type: "text", programs, doc: "what is before this consumer, in order" }),
  defineOption({ name: "batch", type: "text", placeholder: "ID", programs, doc: "the events of an open batch" }),
  defineOption({
    name: "retry",
    type: "bool",
    default: false,
    programs,
    doc: "events that wait to be delivered again, of all consumers or of --consumer",
  }),
  defineOption({ name: "type", type: "text", programs, doc: "only events of this type" }),
  defineOption({
    name: "limit",
    type: "int",
    default: 20,
    min: 1,
    max: 100_000,
    short: "n",
    programs,
    doc: "most events to print",
  }),
  watchOption,
];

export const eventListCommand = command({
  name: "event list",
  summary: "look at events without consuming them: the newest ones, a consumer's, a batch's, or those to be retried",
  args: [queueArgument],
  options,
  examples: [
    { line: "skytools event list orders", doc: "the newest events, newest first" },
    { line: "skytools event list orders --consumer mailer -n 100", doc: "what the consumer has before it" },
    { line: "skytools event list orders --retry", doc: "what was set aside, and for whom" },
  ],
  async run(context) {
    const queue = argument(context, 0, "queue");
    const filter = { type: context.options.text("type"), limit: context.options.number("limit") };
    const consumer = context.options.text("consumer");
    if (context.options.flag("retry")) {
      refuseBatch(context);
      const waiting = await withDatabase(context, async (db) => {
        const owner = consumer === undefined ? undefined : await requireConsumer(db, queue, consumer);
        return await retryEvents(db, queue, owner?.group ?? consumer, filter);
      });
      context.out.result(waiting, () => formatTable(waitingColumns, waiting, context.out.terminal, "nothing waits"));
      return undefined;
    }
    const events = await withDatabase(context, (db) => look(db, context, queue, filter));
    context.out.result(events, () => formatTable(eventColumns, events, context.out.terminal, "no events"));
    return undefined;
  },
});

type Filter = Parameters<typeof recentEvents>[2];

async function look(db: Connection, context: CommandContext, queue: string, filter: Filter) {
  const consumer = context.options.text("consumer");
  const batch = context.options.text("batch");
  if (batch !== undefined) {
    if (consumer !== undefined) refuseBatch(context);
    return await batchEvents(db, parseId(batch, "a batch"), filter);
  }
  if (consumer !== undefined) return await pendingEvents(db, queue, consumer, filter);
  return await recentEvents(db, queue, filter);
}

function refuseBatch({ options }: CommandContext): void {
  if (options.text("batch") === undefined) return;
  throw new SkytoolsError("WRONG_USE", "--batch already says whose events", {
    hint: "leave --consumer and --retry out",
  });
}
