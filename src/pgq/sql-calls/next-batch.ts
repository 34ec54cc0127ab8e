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

// The function takes the newest tick unless that is more than twice as far as it was asked for, then the first one that is
// far enough. So the newest is asked for by the events up to it, and one before the newest (n) by less than half of them, or
// the function would go past it. $4: no more events than these; $5: no tick behind this one.
const mergedBatch = (lastTick: string): string => `pgq.next_batch_custom($1::text, $2::text, $3::text::interval, (
      select case when n.tick_id = e.tick_id
                  then greatest(0, least($4::text::int8, e.tick_event_seq - p.tick_event_seq))
                  else least($4::text::int8, n.tick_event_seq - p.tick_event_seq,
                             (e.tick_event_seq - p.tick_event_seq + 1) / 2 - 1) end::int4
        from pgq.queue q
        join pgq.consumer c on c.co_name = $2::text
        join pgq.subscription s on s.sub_queue = q.queue_id and s.sub_consumer = c.co_id
        join pgq.tick p on p.tick_queue = q.queue_id and p.tick_id = s.sub_last_tick
        cross join lateral (
          select t.tick_id, t.tick_event_seq
            from pgq.tick t
           where t.tick_queue = q.queue_id
           order by t.tick_queue desc, t.tick_id desc
           limit 1) e
        cross join lateral (${lastTick}) n
       where q.queue_name = $1::text
    ), null) b`;

const NEWEST = `
          select t.tick_id, t.tick_event_seq
            from pgq.tick t
           where t.tick_queue = q.queue_id and ($5::text is null or t.tick_id <= $5::text::int8)
           order by t.tick_queue desc, t.tick_id desc
           limit 1`;

/** $6: the last of so many. */
const LAST_OF_SOME = `
          select f.tick_id, f.tick_event_seq
            from (select t.tick_id, t.tick_event_seq
                    from pgq.tick t
                   where t.tick_queue = q.queue_id and t.tick_id > s.sub_last_tick
                     and ($5::text is null or t.tick_id <= $5::text::int8)
                   order by t.tick_queue, t.tick_id
                   limit $6::text::int8) f
           order by f.tick_id desc
           limit 1`;

const MERGED_BATCH = mergedBatch(NEWEST);
const LIMITED_BATCH = mergedBatch(LAST_OF_SOME);

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
  { minEvents, minIntervalMs, keepLagMs, mergeEvents, mergeTicks, upToTick, isDurable }: BatchWish,
): { readonly sql: string; readonly params: (string | null)[] } {
  const names = [queue, consumer, interval(keepLagMs)];
  const select = `select ${COLUMNS} from ${isDurable ? "" : UNSYNCED}`;
  if (minEvents === null && minIntervalMs === null && mergeEvents > 1) {
    const last = upToTick == null ? null : String(upToTick);
    const params = [...names, String(mergeEvents), last];
    if (mergeTicks === undefined) return { sql: select + MERGED_BATCH, params };
    return { sql: select + LIMITED_BATCH, params: [...params, String(mergeTicks)] };
  }
  const limits = [minEvents === null ? null : String(minEvents), interval(minIntervalMs)];
  return { sql: select + NEXT_BATCH, params: [...names, ...limits] };
}

/** An interval as PostgreSQL reads it; null stays null. */
export function interval(ms: number | null): string | null {
  return ms === null ? null : `${ms / 1000} seconds`;
}
