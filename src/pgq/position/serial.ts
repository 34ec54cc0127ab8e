// The position is kept by tick in the database where the events are applied, in the transaction that applies them
// (pgq_ext.completed_tick). Exactly once, and a queue or a target that was restored from a backup is noticed.
// Source: spec of the consumers, 5.2 (SerialConsumer). Differs: the target's transaction is closed on the skip path too,
// and of two processes under one name only one can store a tick.
import type { DatabaseSource } from "../drivers/database-source.ts";
import type { Database } from "../database.ts";
import { limitDatabase } from "../drivers/limited.ts";
import { closeDatabase, toDatabase } from "../drivers/to-database.ts";
import { LostTransactions } from "../lost-transactions.ts";
import { getLastTick, replaceLastTick, setLastTick } from "../sql-calls/pgq-ext.ts";
import type { BatchInfo, BatchWork, Position, PositionContext } from "../consumer/seam.ts";
import { batchLost, decide } from "./decide.ts";
import { beginTarget, type TargetTransaction } from "./target-transaction.ts";

/** What serial() takes. */
export interface SerialOptions {
  /**
   * Where the events are applied; pgq_ext must be installed there. A Pool of pg, `sql` of postgres.js, a connection
   * string, or a Database of your own.
   */
  readonly database: DatabaseSource;
  /** Name under which the tick is stored. Default: the consumer's. */
  readonly name?: string;
  /** Schema with the functions of pgq_ext. Default pgq_ext. */
  readonly schema?: string;
}

/**
 * The tick up to which events were applied stands in the other database (pgq_ext): exactly once there.
 * The handler's `tx` is a transaction of the other database. Retries and dead letters are refused.
 */
export function serial({ database: source, name, schema = "pgq_ext" }: SerialOptions): Position {
  const database = toDatabase(source);
  const lost = new LostTransactions();
  const within = ({ limit }: PositionContext): Database =>
    limit === undefined ? database : limitDatabase(database, limit);
  const nameOf = (consumer: string): string => name ?? consumer;
  return {
    kind: "serial",
    needsSameBatch: true,
    canRetry: false,
    async begin(batch, _queueSession, limit) {
      const target = await beginTarget(database, lost, limit);
      try {
        const remembered = await getLastTick(target.own, schema, nameOf(batch.consumer));
        const decision = decide(batch, remembered, `the other database (${schema})`);
        if (decision === "skip") {
          await target.rollback();
          return { isDone: true, tx: null, commit: () => Promise.resolve(), rollback: () => Promise.resolve() };
        }
        return work(target, batch, { schema, name: nameOf(batch.consumer), remembered });
      } catch (error) {
        await target.rollback(error);
        throw error;
      }
    },
    stored: (context) => getLastTick(within(context), schema, nameOf(context.consumer)),
    moved: (tick, context) => setLastTick(within(context), schema, nameOf(context.consumer), tick),
    // connections of ours only
    ...(typeof source === "string" ? { close: () => closeDatabase(database) } : {}),
  };
}

function work(
  target: TargetTransaction,
  batch: BatchInfo,
  { schema, name, remembered }: { readonly schema: string; readonly name: string; readonly remembered: bigint | null },
): BatchWork {
  return {
    isDone: false,
    tx: target.session,
    async commit() {
      const isOurs = await replaceLastTick(target.own, schema, name, { from: remembered, to: batch.tickId });
      if (!isOurs) throw batchLost(batch, "applied by somebody else meanwhile");
      await target.commit();
    },
    rollback: (error) => target.rollback(error),
  };
}
