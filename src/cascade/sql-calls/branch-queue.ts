// What the worker of a node does in the queues of its own database, past the ban on writing there.
import { tickNotice } from "../../pgq/index.ts";
import {
  type Connection,
  type PipelineStatement,
  PostgresError,
  sqlstate,
  type StatementResult,
} from "../../postgres/index.ts";

export interface BranchTick {
  readonly tickId: bigint;
  /** timestamptz as text. */
  readonly tickTime: string;
  /** No event up to this tick has a higher id; the queue's event sequence is moved there. */
  readonly eventSequence: bigint;
}

/**
 * The tick of the provider in the branch's queue. Not in the transaction that wrote the events: the tick's snapshot must
 * see them.
 */
export function branchTickStatement(queue: string, tick: BranchTick): PipelineStatement {
  const { tickId, tickTime, eventSequence } = tick;
  return {
    sql: `select pgq.ticker($1::text, $2::int8, $3::timestamptz, $4::int8), ${tickNotice("$1::text")}`,
    params: [queue, tickId, tickTime, eventSequence],
    name: "pgq_branch_tick",
  };
}

export async function makeBranchTick(db: Connection, queue: string, tick: BranchTick): Promise<void> {
  await db.pipeline([branchTickStatement(queue, tick)]);
}

/** The commit of this transaction need not wait for the disk, as a later one will. */
export const unsyncedStatement: PipelineStatement = {
  sql: "select set_config('synchronous_commit', 'off', true)",
  name: "pgq_unsynced",
};

/** The table that takes the queue's events until the end of the transaction. */
export function eventTableStatement(queue: string): PipelineStatement {
  return { sql: "select pgq.current_event_table($1::text) as name", params: [queue], name: "pgq_event_table" };
}

export function eventTableOf(result: StatementResult | undefined): string {
  return String(result?.rows[0]?.["name"]);
}

/** Tells the consumers of the combined queue how far the part queue has come. In the transaction of the batch. */
export async function insertTickEvent(
  db: Connection,
  queues: { readonly combined: string; readonly part: string },
  tickId: bigint,
): Promise<void> {
  await db.query("select pgq.insert_event($1::text, 'pgq.tick-id', $2::int8::text, $3::text, null, null, null)", [
    queues.combined,
    tickId,
    queues.part,
  ]);
}

/**
 * Makes the session one that may write into the queue of a branch, and whose writes fire no ordinary triggers. Where the
 * role may not set session_replication_role, our functions take a setting of their own for it.
 */
export async function enterReplicaSession(db: Connection): Promise<void> {
  try {
    await db.query("select set_config('session_replication_role', 'replica', false)");
  } catch (error) {
    const isForbidden = error instanceof PostgresError && error.sqlstate === sqlstate.insufficientPrivilege;
    if (!isForbidden) throw error;
    await db.query("select set_config('pgq.replication_role', 'replica', false)");
  }
}
