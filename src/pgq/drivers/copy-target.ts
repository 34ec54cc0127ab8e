// What COPY can run through: a session of pg, postgres.js or ours. Query builders have no way for it.
import { SkytoolsError } from "../../errors/index.ts";
import type { Executor, Session } from "../database.ts";
import type { PostgresJsLike, QueryLike } from "./executor-source.ts";
import { copyInto } from "./pg-copy.ts";
import { copyIntoPostgresJs } from "./postgres-js-copy.ts";
import { toExecutor } from "./to-executor.ts";

type CopyFrom = (sql: string, source: AsyncIterable<string>) => Promise<number>;

/** A session of this library, or a Connection. */
type SessionLike = QueryLike & Pick<Session, "copyFrom">;

/** A Pool of pg. */
interface PoolLike extends QueryLike {
  connect(): Promise<QueryLike & { release(error?: boolean): void }>;
  readonly totalCount: number;
}

/** What copyEvents can write through: pg and postgres.js. */
export type CopyTargetSource = SessionLike | QueryLike | PostgresJsLike;

export interface CopyTarget {
  readonly db: Executor;
  readonly copyFrom: CopyFrom;
}

/**
 * Calls `work` in the transaction that `source` is in, or, if it is in none, in one of its own.
 * @throws WRONG_USE for what cannot COPY
 */
export async function withCopyTarget<T>(
  source: CopyTargetSource,
  isInTransaction: (db: Executor) => Promise<boolean>,
  work: (target: CopyTarget) => Promise<T>,
): Promise<T> {
  if (isPool(source)) return await onPool(source, (client) => inOwnTransaction(sessionTarget(client), work));
  if (isPostgresJs(source) && isRoot(source)) {
    return (await source.begin((tx) => work(postgresJsTarget(tx)))) as T;
  }
  const target = isPostgresJs(source) ? postgresJsTarget(source) : sessionTarget(source);
  return (await isInTransaction(target.db)) ? await work(target) : await inOwnTransaction(target, work);
}

function sessionTarget(source: SessionLike | QueryLike): CopyTarget {
  const db = toExecutor(source);
  if ("copyFrom" in source) return { db, copyFrom: (sql, rows) => source.copyFrom(sql, rows) };
  // Only pg's own client, the one in JavaScript, has a connection that speaks the protocol of COPY.
  if (!hasCopyProtocol(source)) throw cannotCopy();
  return { db, copyFrom: (sql, rows) => copyInto(source as never, sql, rows) };
}

function hasCopyProtocol(source: object): boolean {
  const connection: unknown = "query" in source && "connection" in source ? source.connection : undefined;
  return typeof connection === "object" && connection !== null && "sendCopyFromChunk" in connection;
}

function postgresJsTarget(sql: PostgresJsLike): CopyTarget {
  return { db: toExecutor(sql), copyFrom: (text, rows) => copyIntoPostgresJs(sql, text, rows) };
}

async function inOwnTransaction<T>(target: CopyTarget, work: (target: CopyTarget) => Promise<T>): Promise<T> {
  await target.db.query("begin");
  try {
    const result = await work(target);
    await target.db.query("commit");
    return result;
  } catch (error) {
    await target.db.query("rollback").catch(() => undefined); // the connection may be what failed
    throw error;
  }
}

async function onPool<T>(pool: PoolLike, work: (client: QueryLike) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  try {
    const result = await work(client);
    client.release();
    return result;
  } catch (error) {
    client.release(true);
    throw error;
  }
}

function isPool(source: object): source is PoolLike {
  return "totalCount" in source && "connect" in source;
}

function isPostgresJs(source: object): source is PostgresJsLike {
  return "unsafe" in source && typeof source.unsafe === "function";
}

interface PostgresJsRoot extends PostgresJsLike {
  begin(work: (tx: PostgresJsLike) => unknown): Promise<unknown>;
}

function isRoot(source: PostgresJsLike): source is PostgresJsRoot {
  return "begin" in source && typeof source.begin === "function";
}

function cannotCopy(): SkytoolsError {
  return new SkytoolsError("WRONG_USE", "COPY is not possible through what was given", {
    hint: "give a client or pool of pg, or sql of postgres.js; with others use sendMany",
  });
}
