// skytools queue list
import { listQueues } from "../../../pgq/index.ts";
import { command, watchOption } from "../../command.ts";
import { withDatabase } from "../../connect.ts";
import { matchesPattern } from "../../pattern.ts";
import { formatTable } from "../../../print/index.ts";
import { queueColumns } from "./columns.ts";

export const queueListCommand = command({
  name: "queue list",
  summary: "list queues with their rates and sizes",
  args: [{ name: "pattern", doc: "only names that match, * for any text", isOptional: true }],
  options: [watchOption],
  examples: [
    { line: "skytools queue list --db dbname=shop", doc: "all queues" },
    { line: "skytools queue list 'order*' --watch", doc: "some, every two seconds" },
    { line: "skytools queue list --json | jq '.[].queue'", doc: "names for a script" },
  ],
  async run(context) {
    const all = await withDatabase(context, (db) => listQueues(db));
    const queues = all.filter(({ queue }) => matchesPattern(queue, context.args[0]));
    const empty = all.length === 0 ? "no queues: skytools queue create makes one" : "no queue matches";
    context.out.result(queues, () => formatTable(queueColumns, queues, context.out.terminal, empty));
    return undefined;
  },
});
