// Foreign keys are away while a table is copied, and come back when both of their tables are in sync.
import { reasonOf } from "../../errors/index.ts";
import { type Connection, PostgresError } from "../../postgres/index.ts";
import type { Logger } from "../../service/index.ts";
import {
  dropTableFkey,
  findTableFkeys,
  type ForeignKey,
  restoreTableFkey,
  validPendingFkeys,
} from "../sql-calls/index.ts";

/** Whoever waits for a lock on a table makes all others wait behind him. Below deadlock_timeout, so that we give way. */
const LOCK_TIMEOUT = "500ms";
const TRIES = 60;
const LOCK_NOT_AVAILABLE = "55P03";
const DEADLOCK = "40P01";

/** Takes the keys from and to the table away, each in a transaction of its own, and notes them. */
export async function dropForeignKeys(db: Connection, dest: string, signal?: AbortSignal): Promise<void> {
  for (const key of await findTableFkeys(db, dest)) {
    await withShortLock(db, () => dropTableFkey(db, key), signal);
  }
}

/** Brings back the keys that can be. One that fails is told and left for later. */
export async function restoreForeignKeys(
  db: Connection,
  { queue, log, signal }: { readonly queue: string; readonly log: Logger; readonly signal: AbortSignal },
): Promise<void> {
  for (const key of await validPendingFkeys(db, queue)) {
    const fields = { table: key.fromTable, key: key.name };
    try {
      while (await withShortLock(db, () => restoreStep(db, key, signal), signal));
      log.info(fields, "foreign key restored");
    } catch (error) {
      if (signal.aborted || !db.isOpen) throw error;
      const reason = reasonOf(error);
      log.warn({ ...fields, reason }, "a foreign key could not be restored; it is tried again");
    }
  }
}

/** Not valid first, then validated: writers wait for a moment only. @returns whether there are more steps */
async function restoreStep(db: Connection, key: ForeignKey, signal: AbortSignal): Promise<boolean> {
  const statement = await restoreTableFkey(db, key);
  if (statement !== null) await db.execute(statement, { signal });
  return statement !== null;
}

/** Runs `work` in a transaction that gives up waiting for locks soon, and tries again until the abort. */
export async function withShortLock<T>(db: Connection, work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    signal?.throwIfAborted();
    try {
      return await db.transaction(async () => {
        await db.query("select set_config('lock_timeout', $1, true)", [LOCK_TIMEOUT]);
        return await work();
      });
    } catch (error) {
      const state = error instanceof PostgresError ? error.sqlstate : null;
      if ((state !== LOCK_NOT_AVAILABLE && state !== DEADLOCK) || tries === TRIES) throw error;
    }
  }
}
