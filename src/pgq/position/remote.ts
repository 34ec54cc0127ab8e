// The last batch that was applied is remembered in the database where it was, in the same transaction
// (pgq_ext.completed_batch). Exactly once, as long as the queue's database is not restored from a backup: batch ids begin
// anew then. New consumers take serial().
// Source: spec of the consumers, 5.1 (RemoteConsumer). Differs: retries are refused, they could be lost in a crash.
import type { DatabaseSource } from "../drivers/database-source.ts";
import { closeDatabase, toDatabase } from "../drivers/to-database.ts";
import { LostTransactions } from "../lost-transactions.ts";
import { isBatchDone, setBatchDone } from "../sql-calls/pgq-ext.ts";
import type { Position } from "../consumer/seam.ts";
import { batchLost } from "./decide.ts";
import { beginTarget } from "./target-transaction.ts";

/** What remote() takes. */
export interface RemoteOptions {
  /**
   * Where the events are applied; pgq_ext must be installed there. A Pool of pg, `sql` of postgres.js, a connection
   * string, or a Database of your own.
   */
  readonly database: DatabaseSource;
  /** Name under which the batch is stored. Default: the consumer's. */
  readonly name?: string;
  /** Schema with the functions of pgq_ext. Default pgq_ext. */
  readonly schema?: string;
}

/**
 * The last batch that was applied stands in the other database (pgq_ext): exactly once there, as long as the queue's
 * database is not restored from a backup. New consumers take serial().
 * The handler's `tx` is a transaction of the other database. Retries and dead letters are refused.
 */
export function remote({ database: source, name, schema = "pgq_ext" }: RemoteOptions): Position {
  const database = toDatabase(source);
  const lost = new LostTransactions();
  return {
    kind: "remote",
    needsSameBatch: true,
    canRetry: false,
    async begin(batch, _queueSession, limit) {
      const stored = name ?? batch.consumer;
      const target = await beginTarget(database, lost, limit);
      try {
        if (await isBatchDone(target.own, schema, stored, batch.id)) {
          await target.rollback();
          return { isDone: true, tx: null, commit: () => Promise.resolve(), rollback: () => Promise.resolve() };
        }
      } catch (error) {
        await target.rollback(error);
        throw error;
      }
      return {
        isDone: false,
        tx: target.session,
        async commit() {
          // waits for another process that stores the same batch
          const isOurs = await setBatchDone(target.own, schema, stored, batch.id);
          if (!isOurs) throw batchLost(batch, "applied by somebody else meanwhile");
          await target.commit();
        },
        rollback: (error) => target.rollback(error),
      };
    },
    // connections of ours only
    ...(typeof source === "string" ? { close: () => closeDatabase(database) } : {}),
  };
}
