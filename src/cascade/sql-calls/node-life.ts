// Making, changing and dropping the node of a database.
import type { Connection, Queryable } from "../../postgres/index.ts";
import type { Logger } from "../../service/index.ts";
import type { NodeType } from "../consumer/batch.ts";
import { type AnswerRow, callNode, checkAnswer } from "./answer.ts";

export interface NewNode {
  readonly type: NodeType;
  readonly name: string;
  readonly worker: string;
  /** null for a root. */
  readonly provider: string | null;
  /** From registerSubscriber() on the provider; null for a root. */
  readonly globalWatermark: bigint | null;
  /** Leaf: queue of this database that its events go to. */
  readonly combinedQueue: string | null;
}

/** The locations of the node and of its provider must be registered. @throws NODE_REFUSED */
export async function createNode(db: Connection, log: Logger, queue: string, node: NewNode): Promise<void> {
  await callNode(
    db,
    log,
    "select * from pgq_node.create_node($1::text, $2::text, $3::text, $4::text, $5::text, $6::int8, $7::text)",
    [queue, node.type, node.name, node.worker, node.provider, node.globalWatermark, node.combinedQueue],
  );
}

/** The local node with all it has, or what is known here of another one. @throws NODE_REFUSED for the provider */
export async function dropNode(db: Connection, log: Logger, queue: string, name: string): Promise<void> {
  await callNode(db, log, "select * from pgq_node.drop_node($1::text, $2::text)", [queue, name]);
}

/** What one database knows of a member; the root last. Done again it only warns. @throws NODE_REFUSED */
export async function renameNode(
  db: Connection,
  log: Logger,
  queue: string,
  { from, to }: { readonly from: string; readonly to: string },
): Promise<void> {
  await callNode(db, log, "select * from pgq_node.rename_node($1::text, $2::text, $3::text)", [queue, from, to]);
}

/** Not in old schemas. */
export async function canRenameNode(db: Queryable): Promise<boolean> {
  const { found } = await db.one<{ found: boolean }>(
    "select pg_catalog.to_regprocedure('pgq_node.rename_node(text, text, text)') is not null as found",
  );
  return found;
}

/** @param attributes urlencoded, null for none */
export async function setNodeAttributes(
  db: Connection,
  log: Logger,
  queue: string,
  attributes: string | null,
): Promise<void> {
  await callNode(db, log, "select * from pgq_node.set_node_attrs($1::text, $2::text)", [queue, attributes]);
}

/** Who changes the role of a node must know that it was he who did. */
const NOT_DONE = 300;

/**
 * 1: no more events are accepted. 2: waits for those who have written, then makes the last tick. 3: the node is a branch
 * of the new root. Each in a transaction of its own; 1 and 2 may be repeated.
 * @returns the last tick, for steps 2 and 3
 * @throws NODE_REFUSED by a node that is not root
 */
export async function demoteRoot(
  db: Connection,
  log: Logger,
  queue: string,
  step: 1 | 2 | 3,
  newProvider: string,
): Promise<bigint | null> {
  const sql = "select * from pgq_node.demote_root($1::text, $2::int4, $3::text)";
  const row = await callNode<AnswerRow & { readonly last_tick: bigint | null }>(db, log, sql, [
    queue,
    step,
    newProvider,
  ]);
  checkAnswer(row, sql, NOT_DONE);
  return row.last_tick;
}

/** @throws NODE_REFUSED by a node that is not a branch */
export async function promoteBranch(db: Connection, log: Logger, queue: string): Promise<void> {
  const sql = "select * from pgq_node.promote_branch($1::text)";
  checkAnswer(await callNode(db, log, sql, [queue]), sql, NOT_DONE);
}
