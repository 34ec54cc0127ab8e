// What can run a statement in its owner's transaction, described by its shape: no driver is imported here, and none has
// to be installed. Parameters of methods are wider or narrower than the drivers' own where that does not matter here.
import type { Executor } from "../database.ts";

/** pg's Client, PoolClient and Pool, and what answers like them (PGlite, TypeORM's managers, our own connections). */
export interface QueryLike {
  query(sql: string, params?: unknown[]): PromiseLike<unknown>;
}

/** postgres.js: `sql`, and `tx` inside `sql.begin`. */
export interface PostgresJsLike {
  unsafe(sql: string, params?: never[], options?: { prepare: boolean }): PromiseLike<unknown>;
}

/** Kysely: the database, and the transaction that `transaction().execute` gives. */
export interface KyselyLike {
  executeQuery(query: never): Promise<{ readonly rows: unknown[] }>;
  withoutPlugins(): KyselyLike;
}

/** Drizzle, on pg or postgres.js: the database, and the transaction that `transaction` gives. */
export interface DrizzleLike {
  execute(query: never): PromiseLike<unknown>;
}

/** Prisma: the client, and the transaction that `$transaction` gives. */
export interface PrismaLike {
  $queryRawUnsafe(sql: string, ...params: unknown[]): PromiseLike<unknown>;
}

/** Knex: the instance, and the transaction that `transaction` gives. */
export interface KnexLike {
  raw(sql: string, bindings: never): PromiseLike<unknown>;
}

/** Whatever runs your SQL: pg, postgres.js, Kysely, Drizzle, Prisma, Knex, or any object with query(). */
export type ExecutorSource = Executor | QueryLike | PostgresJsLike | KyselyLike | DrizzleLike | PrismaLike | KnexLike;
