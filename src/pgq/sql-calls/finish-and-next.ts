// The end of one batch and the beginning of the next in one round trip, for who has a batch after the other.
import type { Connection } from "../../postgres/index.ts";
import type { BatchInfo, BatchWish } from "../consumer/seam.ts";
import { type BatchRow, nextBatchStatement, toBatchInfo } from "./next-batch.ts";

export interface FinishedBatch {
  /** false: there was no such open batch. */
  readonly isFinished: boolean;
  /** Null when there is none now. */
  readonly next: BatchInfo | null;
}

// The batch that is handed out must be there after a crash of the server; that one was finished need not: it is handed
// out again, and whoever keeps its position knows it.
const UNSYNCED_IF_NONE = `select set_config('synchronous_commit', 'off', true)
   from pgq.queue q
   join pgq.consumer c on c.co_name = $2::text
   join pgq.subscription s on s.sub_queue = q.queue_id and s.sub_consumer = c.co_id
  where q.queue_name = $1::text and s.sub_batch is null`;

/** In one transaction of the server. Nothing is prepared by name: the provider may be behind a pooler. */
export async function finishAndNext(
  db: Connection,
  { queue, consumer, batchId }: { readonly queue: string; readonly consumer: string; readonly batchId: bigint },
  wish: BatchWish,
): Promise<FinishedBatch> {
  const [finished, next] = await db.pipeline([
    { sql: "select pgq.finish_batch($1::int8) as done", params: [batchId] },
    nextBatchStatement(queue, consumer, wish),
    { sql: UNSYNCED_IF_NONE, params: [queue, consumer] },
  ]);
  return {
    isFinished: finished?.rows[0]?.["done"] === 1,
    next: toBatchInfo(queue, consumer, next?.rows[0] as BatchRow | undefined),
  };
}
