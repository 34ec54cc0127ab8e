// What a user may give as database, described by its shape: no driver is imported here, and none has to be installed.
import type { Database } from "../database.ts";

/** A Pool of pg. */
export interface PgPoolLike {
  connect(): Promise<PgClientLike>;
  query(sql: string, params?: unknown[]): PromiseLike<unknown>;
  readonly totalCount: number;
  on(event: "error", listener: (error: Error) => void): unknown;
  off(event: "error", listener: (error: Error) => void): unknown;
}

/** What a Pool of pg gives. */
export interface PgClientLike {
  query(...args: never[]): unknown;
  release(destroy?: Error | boolean): void;
  on(event: "error", listener: (error: Error) => void): unknown;
  off(event: "error", listener: (error: Error) => void): unknown;
}

/** `sql` of postgres.js. */
export interface PostgresJsPoolLike {
  unsafe(sql: string, params?: never[], options?: { prepare: boolean }): PromiseLike<unknown>;
  reserve(): Promise<PostgresJsReservedLike>;
  listen(
    channel: string,
    onNotify: (payload: string) => void,
    onListen?: () => void,
  ): PromiseLike<{ unlisten(): Promise<void> }>;
}

/** What `sql.reserve()` gives. */
export interface PostgresJsReservedLike {
  unsafe(sql: string, params?: never[], options?: { prepare: boolean }): PromiseLike<unknown>;
  release(): void;
}

/** A connection string, a Pool of pg, `sql` of postgres.js, or a Database of one's own. */
export type DatabaseSource = string | Database | PgPoolLike | PostgresJsPoolLike;
