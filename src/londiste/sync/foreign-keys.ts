// Foreign keys are away while a table is copied, and come back when both of their tables are in sync.
import { type Connection, PostgresError } from "../../postgres/index.ts";
import type { Logger } from "../../service/index.ts";
import {
  dropTableFkey,
  findTableFkeys,
  type ForeignKey,
  restoreTableFkey,
  validPendingFkeys,
} from "../sql-calls/index.ts";

/** Whoever waits for a lock on a table makes all others wait behind him. */
const LOCK_TIMEOUT = "1s";
const TRIES = 30;
const LOCK_NOT_AVAILABLE = "55P03";
const DEADLOCK = "40P01";

/** Takes the keys from and to the table away, each in a transaction of its own, and notes them. */
export async function dropForeignKeys(db: Connection, dest: string): Promise<void> {
  for (const key of await findTableFkeys(db, dest)) {
    await withShortLock(db, () => dropTableFkey(db, key));
  }
}

/** Brings back the keys that can be. One that fails is left for later. @returns those that failed */
export async function restoreForeignKeys(db: Connection, queue: string, log: Logger): Promise<readonly ForeignKey[]> {
  const failed: ForeignKey[] = [];
  for (const key of await validPendingFkeys(db, queue)) {
    try {
      await restoreForeignKey(db, key);
      log.info({ table: key.fromTable, key: key.name }, "foreign key restored");
    } catch (error) {
      if (!db.isOpen) throw error;
      failed.push(key);
      const reason = error instanceof Error ? error.message : String(error);
      log.warn({ table: key.fromTable, key: key.name, reason }, "foreign key cannot be restored; tried again later");
    }
  }
  return failed;
}

/** Not valid first, then validated: writers wait for a moment only. */
async function restoreForeignKey(db: Connection, key: ForeignKey): Promise<void> {
  for (let isDone = false; !isDone;) {
    isDone = await withShortLock(db, async () => {
      const statement = await restoreTableFkey(db, key);
      if (statement === null) return true;
      await db.execute(statement);
      return false;
    });
  }
}

/** Runs `work` in a transaction that gives up waiting for locks soon, and tries again. */
export async function withShortLock<T>(db: Connection, work: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
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
