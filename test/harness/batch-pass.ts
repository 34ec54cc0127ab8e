// One pass of a consumer over a batch, in the order of src/pgq/consumer/seam.ts, for tests of positions and batch sources
// that have to break off between two steps.
import pg from "pg";
import type { BatchInfo, BatchSource, BatchWish, Position } from "../../src/pgq/consumer/seam.ts";
import type { Database, Executor, Session } from "../../src/pgq/database.ts";

export interface PoolDatabase extends Database, AsyncDisposable {}

/** A Database over a pool, of which every session that was not given back is ended with it. */
export function poolDatabase(url: string): PoolDatabase {
  const pool = new pg.Pool({ connectionString: url, max: 5 });
  // tests end sessions of the server
  pool.on("error", () => undefined);
  pool.on("connect", (client) => client.on("error", () => undefined));
  return {
    async query<R extends object>(sql: string, params: readonly unknown[] = []) {
      return (await pool.query<R>(sql, [...params])).rows;
    },
    async open(): Promise<Session> {
      const client = await pool.connect();
      return {
        async query<R extends object>(sql: string, params: readonly unknown[] = []) {
          return (await client.query<R>(sql, [...params])).rows;
        },
        copyFrom: () => Promise.reject(new Error("not in tests")),
        close(error?: unknown) {
          client.release(error !== undefined);
          return Promise.resolve();
        },
      };
    },
    [Symbol.asyncDispose]: () => pool.end(),
  };
}

export const NO_WISH: BatchWish = {
  minEvents: null,
  minIntervalMs: null,
  keepLagMs: null,
  mergeEvents: 1,
  isDurable: true,
};

export interface PassParts {
  readonly database: Database;
  readonly source: BatchSource;
  readonly position: Position;
}

export interface PassSteps {
  /** What the handler does with the ev_data of the events. */
  readonly work?: (data: string[], tx: Executor | null, batch: BatchInfo) => Promise<void>;
  /** After the target's commit, before the queue's. */
  readonly beforeQueueCommit?: (queueSession: Session) => Promise<void>;
}

/** Works on the next batch. @returns what became of it; null: there is none */
export async function pass(
  { database, source, position }: PassParts,
  { work: handle, beforeQueueCommit }: PassSteps = {},
): Promise<"worked" | "skipped" | null> {
  const batch = await source.next(database, NO_WISH);
  if (batch === null) return null;
  const hold = source.hold?.(batch, database);
  const session = await database.open();
  let rollback: (error: unknown) => Promise<void> = () => Promise.resolve();
  try {
    await session.query("begin");
    const work = await position.begin(batch, session);
    rollback = (error) => work.rollback(error);
    if (!work.isDone) await handle?.(await readData(session, batch), work.tx, batch);
    await source.finish(session, batch);
    if (!work.isDone) await work.commit();
    await beforeQueueCommit?.(session);
    await session.query("commit");
    if (work.isDone) await work.rollback(null);
    await session.close();
    return work.isDone ? "skipped" : "worked";
  } catch (error) {
    await rollback(error);
    await session.query("rollback").catch(() => undefined);
    await session.close(error);
    throw error;
  } finally {
    await hold?.release();
  }
}

async function readData(session: Executor, batch: BatchInfo): Promise<string[]> {
  const rows = await session.query<{ ev_data: string }>(
    `select ev_data from pgq.get_batch_events(${batch.id}) where ${batch.filter ?? "true"} order by ev_id`,
  );
  return rows.map((row) => row.ev_data);
}
