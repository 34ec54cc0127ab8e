// What a ticker calls besides ticks: maintenance, and events whose time has come. Each call is a transaction of its own.
import type { Executor } from "../database.ts";

export interface MaintenanceOperation {
  /** A function, or `vacuum`, `vacuum analyze`. */
  readonly name: string;
  /** Its only argument; null: it takes none. */
  readonly argument: string | null;
}

/** In the order in which they are to be run. */
export async function readMaintenanceOperations(db: Executor): Promise<readonly MaintenanceOperation[]> {
  return await db.query<{ name: string; argument: string | null }>(
    "select func_name::text as name, func_arg::text as argument from pgq.maint_operations()",
  );
}

/** Puts events back that were set aside and are due, ten at most. @returns how many */
export async function moveRetryEvents(db: Executor): Promise<number> {
  return await count(db, "select pgq.maint_retry_events()::int4 as count");
}

/** Puts delayed events that are due into their queues, a thousand at most. @returns how many */
export async function moveDelayedEvents(db: Executor): Promise<number> {
  return await count(db, "select pgq.maint_delayed_events()::int4 as count");
}

async function count(db: Executor, sql: string): Promise<number> {
  const [row] = await db.query<{ count: number | null }>(sql);
  return row?.count ?? 0;
}
