// A transaction in the database where events are applied.
import type { Database, Session } from "../database.ts";

export interface TargetTransaction {
  readonly session: Session;
  /** Commits and gives the session back. */
  commit(): Promise<void>;
  /** Rolls back and gives the session back. Does nothing after commit() or another rollback(). Does not throw. */
  rollback(error?: unknown): Promise<void>;
}

export async function beginTarget(database: Database): Promise<TargetTransaction> {
  const session = await database.open();
  try {
    await session.query("begin isolation level read committed");
  } catch (error) {
    await session.close(error);
    throw error;
  }
  // A session that was given back may be somebody else's by now.
  let isOver = false;
  return {
    session,
    async commit() {
      isOver = true;
      try {
        await session.query("commit");
      } catch (error) {
        await session.close(error);
        throw error;
      }
      await session.close();
    },
    async rollback(error) {
      if (isOver) return;
      isOver = true;
      if (error !== undefined && error !== null) {
        // a handler that still works must find no session that commits by itself
        await session.close(error).catch(() => undefined);
        return;
      }
      try {
        await session.query("rollback");
        await session.close();
      } catch (failure) {
        await session.close(failure).catch(() => undefined);
      }
    },
  };
}
