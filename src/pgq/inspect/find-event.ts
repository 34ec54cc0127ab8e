// One event: what is in it, where it lies, and which consumers have passed it.
import { SkytoolsError } from "../../errors/index.ts";
import type { ExecutorSource } from "../drivers/executor-source.ts";
import { toExecutor } from "../drivers/to-executor.ts";
import type { StoredEvent } from "../event.ts";
import { type QueueName, queueNameOf } from "../queue-name.ts";
import { queryEventById, queryEventTable, queryPassed } from "../sql-calls/event-views.ts";
import { toStoredEvent } from "./events.ts";
import { requireQueue } from "./require.ts";

/**
 * done: the consumer has passed it. in-batch: in its open batch. waiting: still before it. not-for-it: a retry of
 * another consumer. unknown: a cooperating consumer without a batch, its group knows.
 */
export type DeliveryState = "done" | "in-batch" | "waiting" | "not-for-it" | "unknown";

/** An event, and what became of it at each consumer. */
export interface FoundEvent {
  readonly event: StoredEvent;
  /** Event table. */
  readonly table: string;
  /** sub_id of the only subscription that gets it; null: all do. */
  readonly owner: number | null;
  readonly deliveries: readonly {
    readonly consumer: string;
    readonly state: DeliveryState;
    readonly batch: bigint | null;
  }[];
}

/**
 * All events of an id, the oldest first: those delivered again have the same one. Event tables have no index on the id,
 * so this reads them whole. @throws QUEUE_UNKNOWN, EVENT_UNKNOWN
 */
export async function findEvent(source: ExecutorSource, queue: QueueName, id: bigint): Promise<readonly FoundEvent[]> {
  const db = toExecutor(source);
  const name = queueNameOf(queue);
  await requireQueue(db, name);
  const table = await queryEventTable(db, name);
  const rows = table === null ? [] : await queryEventById(db, table.table, id);
  if (table === null || rows.length === 0) {
    throw new SkytoolsError("EVENT_UNKNOWN", `queue ${name} has no event ${id} any more, or not yet`, {
      hint: `it may wait to be retried (skytools event list ${name} --retry), or have been removed by rotation`,
    });
  }
  return await Promise.all(
    rows.map(async (row) => {
      const passed = await queryPassed(db, table.queue_id, row.txid ?? "0");
      const deliveries = passed.map((p) => ({
        consumer: p.consumer,
        state: stateOf(row.owner !== null && row.owner !== p.sub_id, p.passed, p.in_batch),
        batch: p.in_batch === true && p.passed === false && p.batch !== null ? BigInt(p.batch) : null,
      }));
      return { event: toStoredEvent(row), table: row.place, owner: row.owner, deliveries };
    }),
  );
}

function stateOf(isForOther: boolean, passed: boolean | null, inBatch: boolean | null): DeliveryState {
  if (isForOther) return "not-for-it";
  if (passed === null) return "unknown";
  if (passed) return "done";
  return inBatch === true ? "in-batch" : "waiting";
}
