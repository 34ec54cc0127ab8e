// pgq.next_batch_custom, as every schema of PgQ 3 has it.
import type { BatchInfo, BatchWish } from "../consumer/seam.ts";
import type { Executor } from "../database.ts";

export interface BatchRow {
  readonly batch: string | null;
  readonly tick: string;
  readonly prior: string;
  readonly ticktime: string;
  readonly priortime: string;
  readonly seq: string;
  readonly priorseq: string;
  readonly lag: number;
  readonly events: string;
}

const COLUMNS = `b.batch_id::text as batch, b.cur_tick_id::text as tick, b.prev_tick_id::text as prior,
  b.cur_tick_time::text as ticktime, b.prev_tick_time::text as priortime,
  b.cur_tick_event_seq::text as seq, b.prev_tick_event_seq::text as priorseq,
  (extract(epoch from clock_timestamp() - b.cur_tick_time) * 1000)::float8 as lag,
  case when b.batch_id is not null then pgq.batch_event_sql(b.batch_id) end as events`;

/** The commit of the statement does not wait for the disk. */
const UNSYNCED = `(select set_config('synchronous_commit', 'off', true)) unsynced, `;

const NEXT_BATCH =
  "pgq.next_batch_custom($1::text, $2::text, $3::text::interval, $4::text::int4, $5::text::interval) b";

// Asked for as many events as there are up to the newest tick, the function takes that tick. $4: no more than these;
// $5: that tick in place of the newest.
const MERGED_BATCH = `pgq.next_batch_custom($1::text, $2::text, $3::text::interval, (
      select greatest(0, least($4::text::int8, n.tick_event_seq - p.tick_event_seq))::int4
        from pgq.queue q
        join pgq.consumer c on c.co_name = $2::text
        join pgq.subscription s on s.sub_queue = q.queue_id and s.sub_consumer = c.co_id
        join pgq.tick p on p.tick_queue = q.queue_id and p.tick_id = s.sub_last_tick
        join pgq.tick n on n.tick_queue = q.queue_id and n.tick_id = (
          select max(t.tick_id) from pgq.tick t
           where t.tick_queue = q.queue_id and ($5::text is null or t.tick_id <= $5::text::int8))
       where q.queue_name = $1::text
    ), null) b`;

/** Opens the next batch or returns the one that is open; null when there is none now. */
export async function nextBatch(
  db: Executor,
  queue: string,
  consumer: string,
  wish: BatchWish,
): Promise<BatchInfo | null> {
  const { sql, params } = nextBatchStatement(queue, consumer, wish);
  const [row] = await db.query<BatchRow>(sql, params);
  return toBatchInfo(queue, consumer, row);
}

export function toBatchInfo(queue: string, consumer: string, row: BatchRow | undefined): BatchInfo | null {
  if (row?.batch == null) return null;
  return {
    id: BigInt(row.batch),
    queue,
    consumer,
    tickId: BigInt(row.tick),
    previousTickId: BigInt(row.prior),
    tickTime: row.ticktime,
    previousTickTime: row.priortime,
    eventSequence: BigInt(row.seq),
    previousEventSequence: BigInt(row.priorseq),
    lagMs: row.lag,
    eventSql: row.events,
  };
}

export function nextBatchStatement(
  queue: string,
  consumer: string,
  { minEvents, minIntervalMs, keepLagMs, mergeEvents, upToTick, isDurable }: BatchWish,
): { readonly sql: string; readonly params: (string | null)[] } {
  const names = [queue, consumer, interval(keepLagMs)];
  const select = `select ${COLUMNS} from ${isDurable ? "" : UNSYNCED}`;
  if (minEvents === null && minIntervalMs === null && mergeEvents > 1) {
    const last = upToTick == null ? null : String(upToTick);
    return { sql: select + MERGED_BATCH, params: [...names, String(mergeEvents), last] };
  }
  const limits = [minEvents === null ? null : String(minEvents), interval(minIntervalMs)];
  return { sql: select + NEXT_BATCH, params: [...names, ...limits] };
}

/** An interval as PostgreSQL reads it; null stays null. */
export function interval(ms: number | null): string | null {
  return ms === null ? null : `${ms / 1000} seconds`;
}
