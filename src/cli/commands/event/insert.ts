// skytools event insert
import { SkytoolsError } from "../../../errors/index.ts";
import { insertOneEvent } from "../../../pgq/index.ts";
import { defineOption } from "../../../service/index.ts";
import { argument, queueArgument } from "../../arguments.ts";
import { command } from "../../command.ts";
import { withDatabase } from "../../connect.ts";
import { count } from "../../confirm.ts";
import { readLines } from "../../read-lines.ts";

const programs = ["event insert"];
const extra = (n: number) =>
  defineOption({ name: `extra${n}`, type: "text", programs, doc: `the event's field extra${n}` });

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
  options: [extra(1), extra(2), extra(3), extra(4), lines],
  examples: [
    { line: `skytools event insert orders order:paid '{"order": 7}'`, doc: "prints the event's id" },
    { line: "skytools event insert orders import --lines < rows.jsonl", doc: "many events" },
  ],
  async run(context) {
    const queue = argument(context, 0, "queue");
    const [, type = "", data] = context.args;
    const extras = Object.fromEntries(
      [1, 2, 3, 4].map((n) => [`extra${n}`, context.options.text(`extra${n}`) ?? null]),
    );
    if (!context.options.flag("lines")) {
      const event = { type, data: data ?? null, ...extras };
      const id = await withDatabase(context, (db) => insertOneEvent(db, queue, event));
      context.out.result({ queue, id }, String(id));
      return undefined;
    }
    if (data !== undefined) {
      throw new SkytoolsError("WRONG_USE", "data and --lines exclude each other", { hint: "leave one of them out" });
    }
    const inserted = await withDatabase(context, (db) =>
      db.transaction(async (tx) => {
        let n = 0;
        for await (const line of readLines(context.stdin)) {
          await insertOneEvent(tx, queue, { type, data: line, ...extras });
          n += 1;
        }
        return n;
      }),
    );
    context.out.done({ queue, inserted }, `${count(inserted, "event")} inserted`);
    return undefined;
  },
});
