// skytools event insert
import { SkytoolsError } from "../../../errors/index.ts";
import { requireQueue, send, sendMany, type UntypedEvent } from "../../../pgq/index.ts";
import type { Connection } from "../../../postgres/index.ts";
import { defineOption } from "../../../service/index.ts";
import { argument, queueArgument } from "../../arguments.ts";
import { command } from "../../command.ts";
import { withDatabase } from "../../connect.ts";
import { count } from "../../confirm.ts";
import type { CommandContext } from "../../context.ts";
import { readLines } from "../../read-lines.ts";

const programs = ["event insert"];
const MANY = 1000;
const extra = (n: number) =>
  defineOption({ name: `extra${n}`, type: "text", programs, doc: `the event's field extra${n}` });

const key = defineOption({
  name: "key",
  type: "text",
  programs,
  doc: "not again when an event with this key was inserted within a day; prints the id of the first one then",
});
const delay = defineOption({ name: "delay", type: "duration", min: 0, programs, doc: "after so much time" });
const at = defineOption({
  name: "at",
  type: "text",
  placeholder: "TIME",
  programs,
  doc: "at this time, as the server reads it",
});

const lines = defineOption({
  name: "lines",
  type: "bool",
  default: false,
  programs,
  doc: "an event for each line of standard input, all in one transaction",
});

export const eventInsertCommand = command({
  name: "event insert",
  summary: "put an event into a queue",
  args: [
    queueArgument,
    { name: "type", doc: "type of the event" },
    { name: "data", doc: "its data, any text; none when left out", isOptional: true },
  ],
  options: [extra(1), extra(2), extra(3), extra(4), key, delay, at, lines],
  examples: [
    { line: `skytools event insert orders order:paid '{"order": 7}'`, doc: "prints the event's id" },
    { line: "skytools event insert orders import --lines < rows.jsonl", doc: "many events" },
  ],
  async run(context) {
    const queue = argument(context, 0, "queue");
    const [, type = "", data] = context.args;
    const event: UntypedEvent = {
      type,
      data: data ?? null,
      extra1: context.options.text("extra1"),
      extra2: context.options.text("extra2"),
      extra3: context.options.text("extra3"),
      extra4: context.options.text("extra4"),
      key: context.options.text("key"),
      delayMs: context.options.number("delay"),
      at: context.options.text("at"),
    };
    if (!context.options.flag("lines")) {
      const id = await withDatabase(context, async (db) => {
        await requireQueue(db, queue);
        return await send(db, queue, event);
      });
      context.out.result({ queue, id }, String(id));
      return undefined;
    }
    if (data !== undefined || event.key !== undefined) {
      throw new SkytoolsError("WRONG_USE", "--lines excludes data and --key", { hint: "leave one of them out" });
    }
    const inserted = await withDatabase(context, (db) =>
      db.transaction((tx) => insertLines(tx, context, queue, event)),
    );
    context.out.done({ queue, inserted }, `${count(inserted, "event")} inserted`);
    return undefined;
  },
});

async function insertLines(
  db: Connection,
  context: CommandContext,
  queue: string,
  event: UntypedEvent,
): Promise<number> {
  await requireQueue(db, queue);
  let inserted = 0;
  let waiting: UntypedEvent[] = [];
  const flush = async (): Promise<void> => {
    inserted += (await sendMany(db, queue, waiting)).length;
    waiting = [];
  };
  for await (const data of readLines(context.stdin)) {
    waiting.push({ ...event, data });
    if (waiting.length === MANY) await flush();
  }
  await flush();
  return inserted;
}
