// Where session_replication_role cannot be set, triggers of users would do again what the replayed changes have brought, and
// foreign keys would be checked within a batch, whose order is not that of the root. So both are away while a node replays,
// written down in the database, and come back when it becomes root.
import { reasonOf } from "../../errors/index.ts";
import type { Connection } from "../../postgres/index.ts";
import type { Logger } from "../../service/index.ts";
import {
  enterReplicaMode,
  findTableFkeys,
  heldTriggers,
  holdTriggers,
  loudTables,
  readLondisteFacts,
  restoreTableFkey,
  restoreTriggers,
  setReplicationRole,
  validPendingFkeys,
} from "../sql-calls/index.ts";
import type { TableInfo } from "../tables/table-info.ts";
import { dropForeignKeys, restoreForeignKeys, withShortLock } from "./foreign-keys.ts";

export interface QuietParts {
  readonly queue: string;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/**
 * Sees to the tables that are in sync: keys come back where the server leaves them unchecked in replay, else keys and
 * triggers go. The session is one of its own.
 */
export async function keepInOrder(db: Connection, tables: readonly TableInfo[], parts: QuietParts): Promise<void> {
  if (!(await isLoud(db))) {
    await setReplicationRole(db, "origin", { isLocal: false });
    await restoreForeignKeys(db, parts);
    return;
  }
  const inSync = tables.filter(({ isLocal, state }) => isLocal && state.kind === "ok").map(({ dest }) => dest);
  for (const dest of await loudTables(db, inSync)) await quietTable(db, dest, parts);
}

/** For a table that rows are about to be copied into: triggers go, where they would fire. In a session that replays. */
export async function holdForCopy(
  db: Connection,
  dest: string,
  parts: Pick<QuietParts, "log" | "signal">,
): Promise<void> {
  if (await isLoud(db)) await quietTable(db, dest, parts);
}

/**
 * On a node that is about to be root: triggers fire again, keys are back for what is written from now on. Checking what is
 * there already may take long and is left to speakInFull().
 */
export async function speakAgain(db: Connection, { queue, log }: Pick<QuietParts, "queue" | "log">): Promise<void> {
  if ((await readLondisteFacts(db)).hasCapture) await speak(db, { queue, log });
}

/** On a root: all that speakAgain() does, and what takes longer. */
export async function speakInFull(db: Connection, parts: QuietParts): Promise<void> {
  if (!(await readLondisteFacts(db)).hasCapture) return;
  await speak(db, parts);
  await restoreForeignKeys(db, parts);
}

async function speak(db: Connection, { queue, log }: Pick<QuietParts, "queue" | "log">): Promise<void> {
  if ((await heldTriggers(db)).length > 0) {
    const count = await withShortLock(db, () => restoreTriggers(db));
    log.info({ triggers: count }, "triggers of the tables fire again");
  }
  for (const key of await validPendingFkeys(db, queue)) {
    await withShortLock(db, async () => {
      const statement = await restoreTableFkey(db, key);
      if (statement?.endsWith(" not valid") === true) await db.execute(statement);
    });
  }
}

/** The server would fire triggers and check keys in replay. */
async function isLoud(db: Connection): Promise<boolean> {
  return (await enterReplicaMode(db)) === "setting" && (await readLondisteFacts(db)).hasCapture;
}

async function quietTable(
  db: Connection,
  dest: string,
  { log, signal }: Pick<QuietParts, "log" | "signal">,
): Promise<void> {
  try {
    if ((await findTableFkeys(db, dest)).length > 0) await dropForeignKeys(db, dest, signal);
    const count = await withShortLock(db, () => holdTriggers(db, dest), signal);
    if (count > 0) log.info({ table: dest, triggers: count }, "triggers disabled while the table is replayed into");
  } catch (error) {
    signal.throwIfAborted();
    const reason = reasonOf(error);
    const hint = "the worker's role must own the table, or be granted to set session_replication_role";
    log.warn({ table: dest, reason, hint }, "triggers and foreign keys of the table could not be put away");
  }
}
