// What a database says of its node of a cascaded queue.
import type { Queryable } from "../../postgres/index.ts";
import type { NodeType } from "../consumer/batch.ts";
import { type AnswerRow, askNode } from "./answer.ts";

export interface NodeInfo {
  readonly name: string;
  readonly type: NodeType;
  /** null on a leaf. */
  readonly globalWatermark: bigint | null;
  readonly localWatermark: bigint | null;
  /** This one and the next are null when the worker is not registered. */
  readonly provider: string | null;
  readonly providerLocation: string | null;
  /** A merge-leaf's target, when that has a node here. */
  readonly combinedQueue: string | null;
  readonly combinedType: NodeType | null;
  readonly worker: string;
  readonly isPaused: boolean;
  readonly isUptodate: boolean;
  /** Of a root: the newest tick. */
  readonly lastTick: bigint | null;
  /** Urlencoded, as stored. */
  readonly attributes: string | null;
  /** Queues whose merge-leafs here write into this one. Always empty for schemas before 3.5. */
  readonly targetFor: readonly string[];
}

interface NodeInfoRow extends AnswerRow {
  readonly node_type: NodeType;
  readonly node_name: string;
  readonly global_watermark: bigint | null;
  readonly local_watermark: bigint | null;
  readonly provider_node: string | null;
  readonly provider_location: string | null;
  readonly combined_queue: string | null;
  readonly combined_type: NodeType | null;
  readonly worker_name: string;
  readonly worker_paused: boolean | null;
  readonly worker_uptodate: boolean | null;
  readonly worker_last_tick: bigint | null;
  readonly node_attrs: string | null;
  readonly target_for?: readonly string[] | null;
}

/** null: the database has no node of that queue. */
export async function getNodeInfo(db: Queryable, queue: string): Promise<NodeInfo | null> {
  const row = await askNode<NodeInfoRow>(db, "select * from pgq_node.get_node_info($1::text)", [queue]);
  if (row === null) return null;
  return {
    name: row.node_name,
    type: row.node_type,
    globalWatermark: row.global_watermark,
    localWatermark: row.local_watermark,
    provider: row.provider_node,
    providerLocation: row.provider_location,
    combinedQueue: row.combined_queue,
    combinedType: row.combined_type,
    worker: row.worker_name,
    isPaused: row.worker_paused ?? false,
    isUptodate: row.worker_uptodate ?? false,
    lastTick: row.worker_last_tick,
    attributes: row.node_attrs,
    targetFor: row.target_for ?? [],
  };
}

/** The same for a database that may have no schema pgq_node at all. */
export async function getNodeIfInstalled(db: Queryable, queue: string): Promise<NodeInfo | null> {
  const { found } = await db.one<{ found: boolean }>("select to_regclass('pgq_node.node_info') is not null as found");
  return found ? await getNodeInfo(db, queue) : null;
}
