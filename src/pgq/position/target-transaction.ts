// A transaction in the database where events are applied.
import { AnswerLimit, DEFAULT_ANSWER_TIMEOUT_MS } from "../answer-limit.ts";
import type { Database, Executor, Session } from "../database.ts";
import { limitSession, openWithin } from "../drivers/limited.ts";
import type { LostTransactions } from "../lost-transactions.ts";
import { beginTransaction, type TransactionId } from "../sql-calls/transaction-id.ts";

export interface TargetTransaction {
  /** For the handler. */
  readonly session: Session;
  /** The same session for our own statements, which are not waited for without end. */
  readonly own: Executor;
  /** Commits and gives the session back. */
  commit(): Promise<void>;
  /** Rolls back and gives the session back. Does nothing after commit() or another rollback(). Does not throw. */
  rollback(error?: unknown): Promise<void>;
}

/** @param lost - those of earlier tries are ended first */
export async function beginTarget(
  database: Database,
  lost: LostTransactions,
  limit = new AnswerLimit({ answerTimeoutMs: DEFAULT_ANSWER_TIMEOUT_MS }),
): Promise<TargetTransaction> {
  const session = await openWithin(database, limit);
  const own = limitSession(session, limit);
  let transaction: TransactionId | null;
  try {
    await lost.end(own);
    transaction = await beginTransaction(own);
  } catch (error) {
    await own.close(error);
    throw error;
  }
  // A session that was given back may be somebody else's by now.
  let isOver = false;
  return {
    session,
    own,
    async commit() {
      isOver = true;
      try {
        await own.query("commit");
      } catch (error) {
        lost.add(transaction, error);
        await own.close(error);
        throw error;
      }
      await own.close();
    },
    async rollback(error) {
      if (isOver) return;
      isOver = true;
      if (error !== undefined && error !== null) {
        lost.add(transaction, error);
        // a handler that still works must find no session that commits by itself
        await own.close(error);
        return;
      }
      try {
        await own.query("rollback");
        await own.close();
      } catch (failure) {
        await own.close(failure);
      }
    },
  };
}
