// skytools consumer list
import { listConsumers, requireQueue } from "../../../pgq/index.ts";
import { command, watchOption } from "../../command.ts";
import { withDatabase } from "../../connect.ts";
import { formatTable } from "../../../print/index.ts";
import { consumerColumns } from "./columns.ts";

export const consumerListCommand = command({
  name: "consumer list",
  summary: "list consumers with their position and what waits for them",
  args: [{ name: "queue", doc: "only those of this queue", isOptional: true }],
  options: [watchOption],
  examples: [
    { line: "skytools consumer list --db dbname=shop", doc: "all consumers of the database" },
    { line: "skytools consumer list orders --watch 1s", doc: "those of a queue, every second" },
  ],
  async run(context) {
    const queue = context.args[0];
    const consumers = await withDatabase(context, async (db) => {
      if (queue !== undefined) await requireQueue(db, queue);
      return await listConsumers(db, { queue });
    });
    context.out.result(consumers, () =>
      formatTable(consumerColumns, consumers, context.out.terminal, "no consumers are registered"),
    );
    return undefined;
  },
});
