// What holds the rotation of a queue back. Until it goes on, the queue's tables grow.
import type { Executor } from "../database.ts";
import type { ExecutorSource } from "../drivers/executor-source.ts";
import { toExecutor } from "../drivers/to-executor.ts";
import { type QueueName, queueNameOf } from "../queue-name.ts";
import { queryNextTableLocks, queryTransactions, type TransactionRow } from "../sql-calls/activity.ts";
import { queryRotation, querySlowConsumers, type RotationRow, type SlowConsumerRow } from "../sql-calls/rotation.ts";
import { bySeverity, info, problem, type QueueFinding, spoken, warning, word } from "./finding.ts";
import { describeTransaction, endTransaction } from "./transaction-text.ts";

/** When the tables of a queue rotate, and what holds them back. */
export interface RotationStatus {
  readonly queue: string;
  /** Negative: due since so long. null: the queue has no rotation period. */
  readonly dueInMs: number | null;
  /** Everything that would keep it from rotating now; empty when nothing does. */
  readonly heldBackBy: readonly QueueFinding[];
}

/** Maintenance comes every few minutes at most; later than this it does not run. */
const MAINTENANCE_GRACE_MS = 10 * 60_000;

/** For all queues, or one. Any role may ask. */
export async function whatHoldsRotation(source: ExecutorSource, queue?: QueueName): Promise<readonly RotationStatus[]> {
  const db = toExecutor(source);
  const name = queue === undefined ? null : queueNameOf(queue);
  const rotations = await queryRotation(db, name);
  if (rotations.length === 0) return [];
  const consumers = await querySlowConsumers(db, name);
  const transactions = await queryTransactions(db);
  const statuses: RotationStatus[] = [];
  for (const row of rotations) {
    const slow = consumers.filter((c) => c.queue === row.queue);
    const found = [
      ...slow.flatMap(judgeConsumer),
      ...judgeTransactions(row, slow, transactions),
      ...(await judgeLocks(db, row)),
    ];
    const heldBackBy = bySeverity(found.length === 0 ? judgeMaintenance(row) : found);
    statuses.push({ queue: row.queue, dueInMs: row.due_in_ms, heldBackBy });
  }
  return statuses;
}

function judgeConsumer(row: SlowConsumerRow): readonly QueueFinding[] {
  const { queue, consumer } = row;
  const names = `${word(queue)} ${word(consumer)}`;
  if (row.is_lost) {
    const message = `the position of consumer ${consumer} on queue ${queue} has no tick any more: it cannot go on`;
    const cure = `skytools consumer seek ${names} --first, and compare what it has missed; or skytools consumer unregister ${names}`;
    return [problem("position-lost", row, message, cure)];
  }
  if (row.is_at_end) return []; // the transactions say why
  const doing = row.has_batch
    ? `has had a batch open for ${spoken(row.last_seen_ms)}`
    : `was last seen ${spoken(row.last_seen_ms)} ago`;
  const message = `consumer ${consumer} is ${spoken(row.lag_ms ?? 0)} behind on queue ${queue} and ${doing}`;
  return [
    warning("consumer-holds-rotation", row, message, `start it, or give it up: skytools consumer unregister ${names}`),
  ];
}

/** Ticks that are made while an old transaction is open count it as open, so that no consumer gets past it. */
function judgeTransactions(
  { queue, step2, newest_xmin, current_xmin, has_consumers }: RotationRow,
  slow: readonly SlowConsumerRow[],
  transactions: readonly TransactionRow[],
): readonly QueueFinding[] {
  const isHeld = has_consumers && slow.length > 0 && step2 !== null && newest_xmin !== null;
  if (!isHeld || BigInt(newest_xmin) > BigInt(step2)) return [];
  const old = transactions.filter(({ txid, is_own }) => !is_own && BigInt(txid) <= BigInt(step2));
  if (old.length === 0 && BigInt(current_xmin) > BigInt(step2)) {
    const message = `queue ${queue} waits for a tick: the newest one is older than the last rotation`;
    return [info("waits-for-tick", { queue }, message, "a ticker makes it; without one: skytools pgqd")];
  }
  return old.map((row) => {
    const message = `${describeTransaction(row)} is open since before the last rotation of queue ${queue}`;
    return warning("old-transaction", { queue }, message, endTransaction(row));
  });
}

async function judgeLocks(db: Executor, { queue, due_in_ms }: RotationRow): Promise<readonly QueueFinding[]> {
  if (due_in_ms === null || due_in_ms > 0) return [];
  const locks = await queryNextTableLocks(db, queue);
  return locks.map(({ pid, mode, application }) => {
    const who =
      pid === null ? "a prepared transaction" : `process ${pid}${application === null ? "" : ` (${application})`}`;
    const message = `${who} has a lock (${mode}) on the table of queue ${queue} that is to be emptied next`;
    return warning("table-locked", { queue }, message, "let it end: it reads the queue's tables (pg_dump does)");
  });
}

function judgeMaintenance({ queue, due_in_ms, is_half_done }: RotationRow): readonly QueueFinding[] {
  if (due_in_ms === null || due_in_ms > -MAINTENANCE_GRACE_MS) return [];
  const what = is_half_done ? "stopped after its first step" : `is due for ${spoken(-due_in_ms)}`;
  const message = `the rotation of queue ${queue} ${what}, and nothing holds it back: no maintenance runs`;
  return [problem("no-maintenance", { queue }, message, "start skytools pgqd on this database")];
}
