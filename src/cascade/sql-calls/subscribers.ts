// The nodes that read from a node, on that node.
import type { Connection, Queryable } from "../../postgres/index.ts";
import type { Logger } from "../../service/index.ts";
import { type AnswerRow, callNode } from "./answer.ts";

export interface SubscriberInfo {
  readonly node: string;
  readonly worker: string;
  /** The lowest tick that it and the nodes below it need, as far as it has told. */
  readonly watermark: bigint | null;
}

interface SubscriberRow {
  readonly node_name: string;
  readonly worker_name: string;
  readonly node_watermark: bigint | null;
}

/** By name of the node. */
export async function getSubscriberInfo(db: Queryable, queue: string): Promise<readonly SubscriberInfo[]> {
  const rows = await db.query<SubscriberRow>(
    "select node_name, worker_name, node_watermark from pgq_node.get_subscriber_info($1::text) order by node_name",
    [queue],
  );
  return rows.map((row) => ({ node: row.node_name, worker: row.worker_name, watermark: row.node_watermark }));
}

/**
 * Lets a node read from here, from `tick` on (null: the global watermark).
 * @returns the global watermark, where a new node may start; null when the queue has lost it
 * @throws NODE_REFUSED by a leaf; DATABASE when the tick is not there or the node is subscribed already
 */
export async function registerSubscriber(
  db: Connection,
  log: Logger,
  queue: string,
  { node, worker, tick }: { readonly node: string; readonly worker: string; readonly tick: bigint | null },
): Promise<bigint | null> {
  const row = await callNode<AnswerRow & { readonly global_watermark: bigint | null }>(
    db,
    log,
    "select * from pgq_node.register_subscriber($1::text, $2::text, $3::text, $4::int8)",
    [queue, node, worker, tick],
  );
  return row.global_watermark;
}

/** One that is not there only gets a warning. */
export async function unregisterSubscriber(db: Connection, log: Logger, queue: string, node: string): Promise<void> {
  await callNode(db, log, "select * from pgq_node.unregister_subscriber($1::text, $2::text)", [queue, node]);
}
