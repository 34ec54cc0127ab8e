// What needs attention in all queues of a database: the ticker, the consumers, the rotation, the retries.
import type { ExecutorSource } from "../drivers/executor-source.ts";
import { toExecutor } from "../drivers/to-executor.ts";
import { queryServer, querySlots, type SlotRow } from "../sql-calls/activity.ts";
import { queryRetryCounts } from "../sql-calls/information.ts";
import type { ConsumerStatus } from "./consumers.ts";
import { listConsumers } from "./consumers.ts";
import { judgeDeadLetters, judgeDelayed } from "./set-aside.ts";
import { bySeverity, problem, type QueueFinding, spoken, warning, word } from "./finding.ts";
import { listQueues, type QueueStatus } from "./queues.ts";
import { type RotationStatus, whatHoldsRotation } from "./rotation.ts";
import { judgeTicks } from "./ticks.ts";

/** From when on something needs attention. */
export interface HealthLimits {
  /** A consumer that is further behind needs attention. Milliseconds; default ten minutes. */
  readonly maxBehindMs?: number | undefined;
  /** … or has more events before it; default: any number is fine. */
  readonly maxPendingEvents?: number | undefined;
  /** A consumer that gave up on more events needs attention. Default 0. */
  readonly maxDeadLetters?: number | undefined;
}

/** Everything about the queues of a database at a glance. */
export interface QueueHealth {
  readonly database: string;
  /** Of the server. */
  readonly serverVersion: string;
  /** null where the schema does not say. */
  readonly pgqVersion: string | null;
  readonly isStandby: boolean;
  /** By the age of the ticks; null when there is no queue that it would tick. */
  readonly ticker: { readonly isAlive: boolean; readonly lastTickAgoMs: number | null } | null;
  readonly queues: readonly QueueStatus[];
  readonly consumers: readonly ConsumerStatus[];
  readonly rotation: readonly RotationStatus[];
  /** The worst first; empty when all is well. */
  readonly findings: readonly QueueFinding[];
}

const DEFAULT_MAX_BEHIND_MS = 10 * 60_000;
/** An open batch of a consumer that gives no sign of life for longer than this is worth a look. */
const OLD_BATCH_MS = 60 * 60_000;
/** Rotation this much later than wanted is worth a look, in periods. */
const LATE_ROTATION_PERIODS = 2;
const WAL_LIMIT_BYTES = 10 * 1024 ** 3;

/** Everything about the queues of a database at a glance. Any role may ask. */
export async function examineQueues(source: ExecutorSource, limits: HealthLimits = {}): Promise<QueueHealth> {
  const db = toExecutor(source);
  const server = await queryServer(db);
  const queues = await listQueues(db);
  const consumers = await listConsumers(db);
  const rotation = await whatHoldsRotation(db);
  const retries = await queryRetryCounts(db);
  const findings = [
    ...(server?.is_standby === true ? [standby()] : queues.flatMap(judgeTicks)),
    ...consumers.flatMap((consumer) => judgeConsumer(consumer, limits)),
    ...rotation.flatMap((status) => judgeRotation(status, queues)),
    ...(retries ?? []).flatMap(judgeRetries),
    ...(await judgeDelayed(db)),
    ...(await judgeDeadLetters(db, limits.maxDeadLetters)),
    ...(await querySlots(db)).flatMap(judgeSlot),
  ];
  return {
    database: server?.database ?? "",
    serverVersion: server?.version ?? "",
    pgqVersion: server?.pgq_version ?? null,
    isStandby: server?.is_standby === true,
    ticker: tickerState(queues),
    queues,
    consumers,
    rotation,
    findings: bySeverity(findings),
  };
}

function tickerState(queues: readonly QueueStatus[]): QueueHealth["ticker"] {
  const ticked = queues.filter(({ settings }) => !settings.tickerPaused && !settings.externalTicker);
  if (ticked.length === 0) return null;
  const ages = ticked.flatMap(({ tickAgeMs }) => (tickAgeMs === null ? [] : [tickAgeMs]));
  return {
    isAlive: ticked.every((queue) => judgeTicks(queue).length === 0),
    lastTickAgoMs: ages.length === 0 ? null : Math.min(...ages),
  };
}

function standby(): QueueFinding {
  return warning(
    "standby",
    {},
    "this server is a standby: queues are worked on at its primary",
    "connect to the primary",
  );
}

function judgeConsumer(status: ConsumerStatus, limits: HealthLimits): readonly QueueFinding[] {
  const { queue, consumer, behindMs, pendingEvents, batch, lastSeenMs } = status;
  const { maxBehindMs = DEFAULT_MAX_BEHIND_MS, maxPendingEvents = Infinity } = limits;
  const findings: QueueFinding[] = [];
  const why = `skytools why ${word(queue)} ${word(consumer)}`;
  if (behindMs !== null && behindMs > maxBehindMs) {
    const message = `consumer ${consumer} of queue ${queue} is ${spoken(behindMs)} behind, last seen ${spoken(lastSeenMs)} ago`;
    findings.push(problem("consumer-behind", status, message, why));
  } else if (batch !== null && lastSeenMs > OLD_BATCH_MS) {
    const message = `consumer ${consumer} of queue ${queue} has batch ${batch} open since ${spoken(lastSeenMs)} ago`;
    findings.push(warning("batch-old", status, message, why));
  }
  if (pendingEvents !== null && Number(pendingEvents) > maxPendingEvents) {
    const message = `consumer ${consumer} of queue ${queue} has about ${pendingEvents} events before it`;
    findings.push(problem("consumer-pending", status, message, why));
  }
  return findings;
}

function judgeRotation(
  { queue, dueInMs, heldBackBy }: RotationStatus,
  queues: readonly QueueStatus[],
): readonly QueueFinding[] {
  const period = queues.find((q) => q.queue === queue)?.settings.rotationPeriodMs ?? null;
  const isLate = dueInMs !== null && period !== null && -dueInMs > period * (LATE_ROTATION_PERIODS - 1);
  return heldBackBy.filter(({ severity }) => severity === "problem" || isLate);
}

function judgeRetries(row: { queue_name: string; consumer_name: string; overdue: string }): readonly QueueFinding[] {
  if (row.overdue === "0") return [];
  const where = { queue: row.queue_name, consumer: row.consumer_name };
  const message = `${row.overdue} retry events of consumer ${where.consumer} on queue ${where.queue} are long due`;
  return [problem("retries-late", where, message, "start skytools pgqd on this database: its maintenance moves them")];
}

function judgeSlot({ name, active, holds_rows, age, wal_bytes }: SlotRow): readonly QueueFinding[] {
  const findings: QueueFinding[] = [];
  const cure = `start its reader, or drop it: select pg_drop_replication_slot('${name.replaceAll("'", "''")}');`;
  if (!active && holds_rows) {
    const message = `replication slot ${name} is not in use and keeps dead rows of ${age} transactions, those of pgq.tick and pgq.subscription too`;
    findings.push(warning("slot-holds-rows", {}, message, cure));
  }
  if (wal_bytes !== null && wal_bytes > WAL_LIMIT_BYTES) {
    const message = `replication slot ${name} keeps ${Math.round(wal_bytes / 1024 ** 3)} GB of WAL`;
    findings.push(warning("slot-holds-wal", {}, message, cure));
  }
  return findings;
}
