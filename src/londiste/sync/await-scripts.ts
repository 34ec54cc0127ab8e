// A script may have added columns at the source and not here yet. Copied at that moment, the table would never get the
// values that these columns have had at the source until then.
import { getNodeInfo } from "../../cascade/index.ts";
import type { Connection } from "../../postgres/index.ts";
import { columnsOfSourceOnly } from "../copy/index.ts";
import type { CopySource } from "./copy-source.ts";
import { requestTick } from "./request-tick.ts";
import type { TaskContext, TaskTable } from "./task-context.ts";

const POLL_MS = 200;

/**
 * Waits until the main worker is past all scripts that the source has run by now.
 * @returns columns that this node lacks even so: nobody will bring them
 */
export async function awaitScripts(
  context: TaskContext,
  { info, db, signal }: TaskTable,
  source: CopySource,
  there: Connection,
): Promise<ReadonlySet<string>> {
  const { queue, clock, connections, log } = context;
  const pair = { source: there, sourceTable: source.table.dest, target: db, targetTable: info.dest, signal };
  const lacking = await columnsOfSourceOnly(pair);
  if (lacking.length === 0) return new Set();
  const positionOf = async (node: Connection): Promise<bigint> => (await getNodeInfo(node, queue))?.lastTick ?? 0n;
  const seen = await positionOf(there);
  log.info({ table: info.name, lacking }, "columns are missing here: the copy waits for scripts that are on their way");
  await requestTick(queue, there, (node) => connections.node(node, "tick", signal));
  while ((await positionOf(db)) <= seen) {
    signal.throwIfAborted();
    await clock.sleep(POLL_MS, signal);
  }
  return new Set(await columnsOfSourceOnly(pair));
}
