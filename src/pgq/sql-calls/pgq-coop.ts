// What workers that share a consumer ask the queue's database: the functions of schema pgq_coop.
import type { BatchInfo, BatchWish } from "../consumer/seam.ts";
import type { Executor } from "../database.ts";

/** A group of workers with one consumer, and this worker's name in it. */
export interface Member {
  readonly queue: string;
  readonly consumer: string;
  readonly worker: string;
}

interface BatchRow {
  readonly batch: string | null;
  readonly part: number | null;
  readonly tick: string;
  readonly prior: string;
  readonly ticktime: string;
  readonly priortime: string;
  readonly seq: string;
  readonly priorseq: string;
  readonly lag: number;
}

const HOUR_MS = 3_600_000;

/** The batch of `opened`, which has the columns id and part. */
const BATCH = `select o.id::text as batch, o.part::int4 as part,
    b.tick_id::text as tick, b.prev_tick_id::text as prior,
    b.batch_end::text as ticktime, b.batch_start::text as priortime,
    b.seq_end::text as seq, b.seq_start::text as priorseq,
    (extract(epoch from clock_timestamp() - b.batch_end) * 1000)::float8 as lag
  from opened o, lateral pgq.get_batch_info(o.id) b
 where o.id is not null`;

// $4 lag, $5 events, $6 interval, $7 most events to be merged (without $5 and $6), $8 dead interval.
// Asked for as many events as there are up to the newest tick, the function takes that tick.
const NEXT_SHARED = `with opened as materialized (
    select pgq_coop.next_batch_custom($1::text, $2::text, $3::text, $4::text::interval,
        case when $7::text is null then $5::text::int4 else (
          select greatest(0, least($7::text::int8, n.tick_event_seq - p.tick_event_seq))::int4
            from pgq.queue q
            join pgq.consumer c on c.co_name = $2::text
            join pgq.subscription s on s.sub_queue = q.queue_id and s.sub_consumer = c.co_id
            join pgq.tick p on p.tick_queue = q.queue_id and p.tick_id = s.sub_last_tick
            join pgq.tick n on n.tick_queue = q.queue_id and n.tick_id = (
              select max(t.tick_id) from pgq.tick t where t.tick_queue = q.queue_id)
           where q.queue_name = $1::text) end,
        $6::text::interval, $8::text::interval) as id,
      null::int4 as part)
  ${BATCH}`;

// $3 number of partitions, $9 open batch
const NEXT_PARTITION = `with opened as materialized (
    select batch_id as id, partition_number as part
      from pgq_coop.next_partition_batch($1::text, $2::text, $3::text::int4, $9::text::int8,
        $4::text::interval, $5::text::int4, $6::text::interval, $7::text::int4, $8::text::interval))
  ${BATCH}`;

/** The batch that this worker has open, that of a dead one, or the next one; null when there is none now. */
export async function nextSharedBatch(
  db: Executor,
  { queue, consumer, worker }: Member,
  wish: BatchWish,
  deadAfterMs: number,
): Promise<BatchInfo | null> {
  const [row] = await db.query<BatchRow>(NEXT_SHARED, [queue, consumer, worker, ...conditions(wish, deadAfterMs)]);
  return row === undefined ? null : toBatchInfo(row, queue, consumer);
}

export interface PartitionBatch {
  readonly batch: BatchInfo;
  /** From 0 on. */
  readonly partition: number;
}

/** The same with one open batch a partition. `open` is the batch that this worker had last. */
export async function nextPartitionBatch(
  db: Executor,
  { queue, consumer }: Omit<Member, "worker">,
  {
    partitions,
    open,
    deadAfterMs,
  }: { readonly partitions: number; readonly open: bigint | null; readonly deadAfterMs: number },
  wish: BatchWish,
): Promise<PartitionBatch | null> {
  const [row] = await db.query<BatchRow>(NEXT_PARTITION, [
    queue,
    consumer,
    String(partitions),
    ...conditions(wish, deadAfterMs),
    open === null ? null : String(open),
  ]);
  return row === undefined ? null : { batch: toBatchInfo(row, queue, consumer), partition: row.part ?? 0 };
}

/** @returns false when the worker does not have that batch any more */
export async function heartbeat(db: Executor, { queue, consumer, worker }: Member, batchId: bigint): Promise<boolean> {
  const [row] = await db.query<{ alive: number }>(
    "select pgq_coop.heartbeat($1::text, $2::text, $3::text, $4::text::int8) as alive",
    [queue, consumer, worker, String(batchId)],
  );
  return row?.alive === 1;
}

/** Fails with SQLSTATE 55000 when the worker does not have that batch any more. */
export async function finishSharedBatch(db: Executor, member: Member, batchId: bigint): Promise<void> {
  await db.query("select pgq_coop.finish_batch($1::text::int8, $2::text, $3::text, $4::text) as done", [
    String(batchId),
    member.queue,
    member.consumer,
    member.worker,
  ]);
}

/** @returns false when the batch was finished or taken over; it has another id then */
export async function finishPartitionBatch(db: Executor, batchId: bigint): Promise<boolean> {
  const [row] = await db.query<{ done: number }>("select pgq.finish_batch($1::text::int8) as done", [String(batchId)]);
  return row?.done === 1;
}

/** @returns true if it was not registered */
export async function registerWorker(db: Executor, { queue, consumer, worker }: Member): Promise<boolean> {
  const [row] = await db.query<{ done: number }>(
    "select pgq_coop.register_subconsumer($1::text, $2::text, $3::text) as done",
    [queue, consumer, worker],
  );
  return row?.done === 1;
}

/** Fails while the worker has a batch open. @returns true if it was registered */
export async function unregisterWorker(db: Executor, { queue, consumer, worker }: Member): Promise<boolean> {
  const [row] = await db.query<{ done: number }>(
    "select pgq_coop.unregister_subconsumer($1::text, $2::text, $3::text, 0) as done",
    [queue, consumer, worker],
  );
  return row?.done === 1;
}

/** Splits a consumer; `atTick` also moves one that is split. @returns true if it was not registered */
export async function registerPartitions(
  db: Executor,
  queue: string,
  consumer: string,
  { partitions, atTick }: { readonly partitions: number; readonly atTick: bigint | null },
): Promise<boolean> {
  const [row] = await db.query<{ done: number }>(
    "select pgq_coop.register_partitions($1::text, $2::text, $3::text::int4, $4::text::int8) as done",
    [queue, consumer, String(partitions), atTick === null ? null : String(atTick)],
  );
  return row?.done === 1;
}

function conditions(
  { minEvents, minIntervalMs, keepLagMs, mergeEvents }: BatchWish,
  deadAfterMs: number,
): (string | null)[] {
  const isMerging = minEvents === null && minIntervalMs === null && mergeEvents > 1;
  return [
    interval(keepLagMs),
    minEvents === null ? null : String(minEvents),
    interval(minIntervalMs),
    isMerging ? String(mergeEvents) : null,
    interval(deadAfterMs),
  ];
}

function interval(ms: number | null): string | null {
  if (ms === null) return null;
  const hours = Math.floor(ms / HOUR_MS); // PostgreSQL 14 takes no more than 2^31 seconds
  return `${hours} hours ${(ms - hours * HOUR_MS) / 1000} seconds`;
}

function toBatchInfo(row: BatchRow, queue: string, consumer: string): BatchInfo {
  return {
    id: BigInt(row.batch ?? 0),
    queue,
    consumer,
    tickId: BigInt(row.tick),
    previousTickId: BigInt(row.prior),
    tickTime: row.ticktime,
    previousTickTime: row.priortime,
    eventSequence: BigInt(row.seq),
    previousEventSequence: BigInt(row.priorseq),
    lagMs: row.lag,
  };
}
