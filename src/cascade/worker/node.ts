// The node of a worker: what it is and what follows from that.
import { SkytoolsError } from "../../errors/index.ts";
import type { Connection } from "../../postgres/index.ts";
import { getNodeInfo } from "../sql-calls/index.ts";
import type { ConsumerState, NodeType } from "../consumer/batch.ts";
import { type Duties, dutiesOf } from "./duties.ts";

/** As it was read at the beginning of the round. Ticks mean the same on all nodes. */
export interface WorkerNode {
  readonly queue: string;
  readonly worker: string;
  readonly type: NodeType;
  readonly name: string;
  readonly completedTick: bigint | null;
  readonly provider: string;
  readonly providerLocation: string;
  /** Null on a leaf. */
  readonly globalWatermark: bigint | null;
  readonly localWatermark: bigint | null;
  /** Leaf: the queue of this database that its events go to as well. */
  readonly combinedQueue: string | null;
  readonly combinedType: NodeType | null;
  readonly attributes: Readonly<Record<string, string>>;
  readonly duties: Duties;
}

/** @throws WRONG_USE when this worker is not that of the node, or the node is none that a worker can serve */
export async function readWorkerNode(target: Connection, queue: string, state: ConsumerState): Promise<WorkerNode> {
  const info = await getNodeInfo(target, queue);
  if (info === null) throw new SkytoolsError("NODE_REFUSED", `Unknown queue: ${queue}`);
  const { combinedQueue, combinedType, globalWatermark, localWatermark } = info;
  return {
    ...{ queue, worker: info.worker, type: state.nodeType, name: state.nodeName },
    ...{ completedTick: state.completedTick, provider: state.providerNode, providerLocation: state.providerLocation },
    ...{ globalWatermark, localWatermark, combinedQueue, combinedType },
    attributes: Object.fromEntries(new URLSearchParams(info.attributes ?? "")),
    duties: dutiesOf({ queue, type: state.nodeType, combinedQueue, combinedType }),
  };
}
