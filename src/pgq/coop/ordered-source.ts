// Many workers share one consumer, and order is kept for each key: the consumer is split into partitions, each key
// belongs to one of them, each partition is a position of its own with one open batch at most. A worker takes any
// partition that waits; when its batch is finished another worker may go on with that partition.
//
// The guarantee does not hang on clocks: a partition's next batch is not opened before the one before is finished, and
// a batch that is taken over gets a new id, so that the old worker's end of it fails. Clocks only say when to take over.
import { systemClock, type Clock } from "../../clock/index.ts";
import { SkytoolsError } from "../../errors/index.ts";
import type { BatchSource } from "../consumer/seam.ts";
import { finishPartitionBatch, heartbeat, nextPartitionBatch, registerPartitions } from "../sql-calls/pgq-coop.ts";
import { callUnregisterConsumer } from "../sql-calls/consumer-admin.ts";
import { holdByHeartbeat, lostBatch } from "./heartbeat.ts";
import { BEATS_PER_INTERVAL, DEFAULT_DEAD_AFTER_MS } from "./shared-source.ts";
import { sqlstateOf } from "../sqlstate-of.ts";

export interface OrderedSourceOptions {
  readonly queue: string;
  readonly consumer: string;
  /**
   * The key, as SQL over the columns ev_type, ev_data, ev_extra1 to ev_extra4: "ev_extra1", "ev_data::json->>'customer'".
   * It must give the same in all workers. Events without key (null) are kept in order among themselves.
   */
  readonly orderBy: string;
  /** How many batches can be worked on at once; the same in all workers. The server reads each event so many times. Default 8. */
  readonly partitions?: number;
  /** A worker without a sign of life for this long is dead. Default 60 000. */
  readonly deadAfterMs?: number;
  readonly clock?: Clock;
}

const DEFAULT_PARTITIONS = 8;

export function orderedSource(options: OrderedSourceOptions): BatchSource {
  const { queue, consumer, orderBy, partitions = DEFAULT_PARTITIONS } = options;
  const { deadAfterMs = DEFAULT_DEAD_AFTER_MS, clock = systemClock } = options;
  let last: { readonly id: bigint; readonly partition: number } | null = null;
  const partOf = (batchId: bigint): string => `${last?.id === batchId ? last.partition : 0}/${partitions}`;

  return {
    async next(database, wish) {
      const split = { partitions, open: last?.id ?? null, deadAfterMs };
      const found = await nextPartitionBatch(database, { queue, consumer }, split, wish).catch(differ);
      if (found === null) return null;
      last = { id: found.batch.id, partition: found.partition };
      return { ...found.batch, filter: partitionFilter(orderBy, found.partition, partitions) };
    },
    async finish(tx, batch) {
      if (!(await finishPartitionBatch(tx, batch.id))) throw lostBatch(batch);
    },
    hold(batch, database) {
      const member = { queue, consumer, worker: partOf(batch.id) };
      return holdByHeartbeat(batch, {
        clock,
        intervalMs: deadAfterMs / BEATS_PER_INTERVAL,
        beat: () => heartbeat(database, member, batch.id),
      });
    },
    register: (db, atTick) => registerPartitions(db, queue, consumer, { partitions, atTick }).catch(differ),
    unregister: async (db) => (await callUnregisterConsumer(db, queue, consumer)) > 0,
  };
}

/** The server says 55000 when the consumer is split otherwise. */
function differ(error: unknown): never {
  if (sqlstateOf(error) !== "55000" || !(error instanceof Error)) throw error;
  throw new SkytoolsError("PARTITIONS_DIFFER", error.message, {
    hint: "all workers of a consumer use the same number of partitions; it can be changed when all partitions stand at one tick",
    cause: error,
  });
}

/** Which events of a batch belong to a partition. The same key gives the same partition on every server. */
export function partitionFilter(orderBy: string, partition: number, partitions: number): string {
  // a line end, because the key may end in a comment
  const hash = `pg_catalog.hashtext(coalesce((${orderBy}\n)::pg_catalog.text, ''))`;
  return `((${hash} operator(pg_catalog.&) 2147483647) operator(pg_catalog.%) ${partitions}) operator(pg_catalog.=) ${partition}`;
}
