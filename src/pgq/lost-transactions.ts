// Transactions whose connection was lost. They are ended before the same work is begun again: it would wait for locks of
// a session that nobody uses any more.
import type { Executor } from "./database.ts";
import { isConnectionLost } from "./outage.ts";
import { endTransaction, type TransactionId } from "./sql-calls/transaction-id.ts";

export class LostTransactions {
  readonly #ids: TransactionId[] = [];

  /** To be called when a transaction was given up because of `error`. */
  add(id: TransactionId | null, error: unknown): void {
    if (id !== null && isConnectionLost(error)) this.#ids.push(id);
  }

  /** Over another connection. @throws only what also tells that this one is lost */
  async end(db: Executor): Promise<void> {
    for (let id = this.#ids[0]; id !== undefined; id = this.#ids[0]) {
      try {
        await endTransaction(db, id);
      } catch (error) {
        if (isConnectionLost(error)) throw error;
        // a role that may not see or end it: then it is waited for
      }
      this.#ids.shift();
    }
  }
}
