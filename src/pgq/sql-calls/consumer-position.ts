// Where a consumer stands in its queue.
import type { Executor } from "../database.ts";

export interface ConsumerPosition {
  /** The last finished tick; null for a worker that shares a consumer and is idle. */
  readonly lastTick: bigint | null;
}

/** @returns null when it is not registered */
export async function getConsumerPosition(
  db: Executor,
  queue: string,
  consumer: string,
): Promise<ConsumerPosition | null> {
  const [row] = await db.query<{ tick: string | null }>(
    "select last_tick::text as tick from pgq.get_consumer_info($1::text, $2::text)",
    [queue, consumer],
  );
  if (row === undefined) return null;
  return { lastTick: row.tick === null ? null : BigInt(row.tick) };
}
