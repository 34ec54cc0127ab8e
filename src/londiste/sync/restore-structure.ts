// Between the copy and the replay: what was taken off the table comes back.
import { PostgresError } from "../../postgres/index.ts";
import { reasonOf } from "../../errors/index.ts";
import { readBegunCopy, setDroppedDdl } from "../sql-calls/index.ts";
import { deleteDuplicates, keysOfDefinitions, restoreDropped, uniqueDefinitions } from "../structure/index.ts";
import {
  openReplica,
  Overtaken,
  readInfo,
  StartOver,
  subjectOf,
  type TaskContext,
  type TaskTable,
} from "./task-context.ts";

const ROLE_POLL_MS = 500;
/** Building indexes is work of the server's processors, not of the disk alone. */
const INDEXES_AT_ONCE = 2;

/**
 * Of several queues that feed the table the leading one waits for the rows of the others.
 * @returns whether there was anything to do
 * @throws Overtaken
 */
export async function restoreStructure(context: TaskContext, table: TaskTable): Promise<boolean> {
  const { info, db, signal, tell } = table;
  const ddl = await awaitRole(context, table);
  if (ddl === null) return false;
  tell({ phase: "restoring" });
  const isMixed = await deleteRowsThatCameTwice(context, table, ddl);
  try {
    await restoreDropped(db, ddl, {
      connect: (until) => openReplica(context, until),
      connections: Math.max(INDEXES_AT_ONCE, context.settings.connectionsFor(info.name)),
      finish: () => setDroppedDdl(db, context.log, context.queue, { table: info.name, ddl: null }),
      signal,
    });
  } catch (error) {
    if (isMixed && isAboutRows(error))
      throw new StartOver(info.name, `what was resumed does not fit: ${reasonOf(error)}`);
    throw error;
  }
  return true;
}

/**
 * Of a copy that was gone on with: a row that was moved at the source between the snapshots. Either may go, for it has been
 * changed between them, and what is replayed brings it as it is. @returns whether the rows are of several snapshots
 */
async function deleteRowsThatCameTwice(
  context: TaskContext,
  { info, db, signal }: TaskTable,
  ddl: string,
): Promise<boolean> {
  const begun = await readBegunCopy(db, subjectOf(context, info));
  if (begun === null || begun.snapshots.length < 2) return false;
  const definitions = uniqueDefinitions(ddl, info.dest) ?? [];
  let rows = 0;
  for (const key of await keysOfDefinitions(db, info.dest, definitions)) {
    rows += await deleteDuplicates(db, info.dest, key, signal);
  }
  context.log.info({ table: info.name, rows }, "rows that came twice are removed");
  return true;
}

/** The server refuses rows for what they are. */
export function isAboutRows(error: unknown): boolean {
  return error instanceof PostgresError && error.sqlstate?.startsWith("23") === true;
}

/** @returns the statements; null: there are none */
async function awaitRole(context: TaskContext, { info, db, signal }: TaskTable): Promise<string | null> {
  for (;;) {
    const now = await readInfo(context, db, info.name);
    if (now.state.kind === "none" || now.state.kind === "in-copy") throw new Overtaken(info.name);
    if (now.copyRole === null) return now.droppedDdl;
    signal.throwIfAborted();
    await context.clock.sleep(ROLE_POLL_MS, signal);
  }
}
