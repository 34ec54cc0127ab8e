// A transaction in the database where events are applied.
import type { Database, Session } from "../database.ts";

export interface TargetTransaction {
  readonly session: Session;
  commit(): Promise<void>;
  /** Rolls back and gives the session back. Does not throw. */
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
  return {
    session,
    async commit() {
      try {
        await session.query("commit");
      } catch (error) {
        await session.close(error);
        throw error;
      }
      await session.close();
    },
    async rollback(error) {
      try {
        await session.query("rollback");
        await session.close();
      } catch (failure) {
        await session.close(error ?? failure).catch(() => undefined);
      }
    },
  };
}
