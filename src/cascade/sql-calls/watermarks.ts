// Up to which tick data is no longer needed.
import type { Connection } from "../../postgres/index.ts";
import type { Logger } from "../../service/index.ts";
import { callNode } from "./answer.ts";

/** On the provider: the node and those below it need nothing before that tick. @throws NODE_REFUSED when it goes back */
export async function setSubscriberWatermark(
  db: Connection,
  log: Logger,
  queue: string,
  node: string,
  watermark: bigint,
): Promise<void> {
  await callNode(db, log, "select * from pgq_node.set_subscriber_watermark($1::text, $2::text, $3::int8)", [
    queue,
    node,
    watermark,
  ]);
}

/** null, on a root only: its local watermark. A branch without that tick is left alone. */
export async function setGlobalWatermark(
  db: Connection,
  log: Logger,
  queue: string,
  watermark: bigint | null,
): Promise<void> {
  await callNode(db, log, "select * from pgq_node.set_global_watermark($1::text, $2::int8)", [queue, watermark]);
}

/** On a combined branch: how far the events of a part queue have come through the combined one. */
export async function setPartitionWatermark(
  db: Connection,
  log: Logger,
  queues: { readonly combined: string; readonly part: string },
  watermark: bigint,
): Promise<void> {
  await callNode(db, log, "select * from pgq_node.set_partition_watermark($1::text, $2::text, $3::int8)", [
    queues.combined,
    queues.part,
    watermark,
  ]);
}
