// Between the copy and the replay: what was taken off the table comes back.
import { quoteFqname } from "../../postgres/index.ts";
import { SkytoolsError } from "../../errors/index.ts";
import { setDroppedDdl } from "../sql-calls/index.ts";
import { restoreDropped } from "../structure/index.ts";
import { openReplica, Overtaken, readInfo, type TaskContext, type TaskTable } from "./task-context.ts";

const ROLE_POLL_MS = 500;
/** Building indexes is work of the server's processors, not of the disk alone. */
const INDEXES_AT_ONCE = 2;

/** Of several queues that feed the table the leading one waits for the rows of the others. @throws Overtaken */
export async function restoreStructure(context: TaskContext, table: TaskTable): Promise<void> {
  const { info, signal, tell } = table;
  const ddl = await awaitRole(context, table);
  if (ddl === null) return;
  tell({ phase: "restoring" });
  await restoreDropped(ddl, {
    connect: (until) => openReplica(context, until),
    connections: Math.max(INDEXES_AT_ONCE, context.settings.connectionsFor(info.name)),
    finish: (db) => setDroppedDdl(db, context.log, context.queue, { table: info.name, ddl: null }),
    signal,
  });
  const db = await openReplica(context, signal);
  try {
    await db.execute(`analyze ${quoteFqname(info.dest)}`, { signal });
  } finally {
    await db.close();
  }
}

/** @returns the statements; null: there are none */
async function awaitRole(context: TaskContext, { info, signal }: TaskTable): Promise<string | null> {
  const db = await openReplica(context, signal);
  try {
    for (;;) {
      const now = await readInfo(context, db, info.name);
      if (now.state.kind === "none" || now.state.kind === "in-copy") throw new Overtaken(info.name);
      if (now.copyRole === null) return now.droppedDdl;
      if (signal.aborted) throw new SkytoolsError("ABORTED", "the copy was stopped");
      await context.clock.sleep(ROLE_POLL_MS, signal);
    }
  } finally {
    await db.close();
  }
}
