// The consumer's part of "why does nothing arrive?".
import { nearestName } from "../../errors/index.ts";
import type { Executor } from "../database.ts";
import { queryNewestEvent, queryPosition, queryReaderRights } from "../sql-calls/deliveries.ts";
import { queryEventTable } from "../sql-calls/event-views.ts";
import { queryRetryCounts } from "../sql-calls/information.ts";
import { type ConsumerStatus, listConsumers } from "./consumers.ts";
import { info, problem, type QueueFinding, spoken, warning, word } from "./finding.ts";
import type { QueueStatus } from "./queues.ts";
import { judgeDeadLetters } from "./set-aside.ts";

export async function explainConsumer(
  db: Executor,
  { queue }: QueueStatus,
  consumer: string | undefined,
): Promise<readonly QueueFinding[]> {
  const all = await listConsumers(db, { queue });
  const chosen = consumer === undefined ? all : all.filter((c) => c.consumer === consumer);
  if (chosen.length === 0) return [notRegistered(queue, consumer, all)];
  const members = all.filter(({ group }) => group !== null && chosen.some((c) => c.consumer === group));
  const findings = [...(await judgeRights(db))];
  for (const status of new Set([...chosen, ...members])) findings.push(...(await judge(db, status, all)));
  for (const { consumer } of chosen) findings.push(...(await judgeDeadLetters(db, 0, { queue, consumer })));
  return findings;
}

function notRegistered(queue: string, consumer: string | undefined, all: readonly ConsumerStatus[]): QueueFinding {
  if (consumer === undefined) {
    const cure = `skytools consumer register ${word(queue)} NAME`;
    return problem("no-consumer", { queue }, `queue ${queue} has no consumers: nobody gets its events`, cure);
  }
  const nearest = nearestName(
    consumer,
    all.map((c) => c.consumer),
  );
  const others = all.length === 0 ? "it has none" : `it has ${all.map((c) => c.consumer).join(", ")}`;
  return problem(
    "consumer-unknown",
    { queue, consumer },
    `consumer ${consumer} is not registered on queue ${queue}: ${others}`,
    nearest === null ? `skytools consumer register ${word(queue)} ${word(consumer)}` : `did you mean ${nearest}?`,
  );
}

async function judgeRights(db: Executor): Promise<readonly QueueFinding[]> {
  const { may_consume } = await queryReaderRights(db);
  if (may_consume) return [];
  const message = "this role may not consume; if the consumer uses it, it gets an error";
  return [info("no-right", {}, message, "grant pgq_reader to the role of the consumer")];
}

async function judge(
  db: Executor,
  status: ConsumerStatus,
  all: readonly ConsumerStatus[],
): Promise<readonly QueueFinding[]> {
  const { queue, consumer, group, batch, lastSeenMs, lastTick, pendingEvents } = status;
  const names = `${word(queue)} ${word(consumer)}`;
  const seen = `${spoken(lastSeenMs)} ago`;
  if (batch !== null) {
    const message = `consumer ${consumer} has had batch ${batch} open since ${seen}: its worker is at it, has ended, or another process uses the name`;
    const cure = `look for the worker; the batch is delivered again to the next one. See into it: skytools event list ${word(queue)} --batch ${batch}`;
    return [warning("batch-open", status, message, cure), ...(await explainRetries(db, status))];
  }
  if (lastTick === null) {
    const message = `consumer ${consumer} is a member of ${group ?? "a group"} without a batch, last seen ${seen}: it gets one when there is one for it`;
    return [
      info("member-idle", status, message, `look at the group: skytools why ${word(queue)} ${word(group ?? consumer)}`),
    ];
  }
  const position = await queryPosition(db, queue, consumer);
  if (position?.snapshot == null) {
    const message = `the position of consumer ${consumer}, tick ${lastTick}, is not kept any more: it gets an error`;
    return [problem("position-lost", status, message, `skytools consumer seek ${names} --first`)];
  }
  if (position.is_future) {
    const message = `the position of consumer ${consumer} has transaction ids that this server has not reached (restored into another cluster?)`;
    const cure = "stop the server, raise its epoch above the old one's with pg_resetwal --epoch=N, start it";
    return [problem("position-in-future", status, message, cure)];
  }
  if (status.behindMs !== null && status.behindMs > 0) {
    const about = pendingEvents === null ? "" : `, about ${pendingEvents} events`;
    const isMain = all.some((c) => c.group === consumer);
    const message = `consumer ${consumer} has batches before it${about}, and does not fetch them: it was last seen ${seen}`;
    const cure = isMain ? "start its workers, or look at their log" : "start it, or look at its log";
    return [problem("not-fetching", status, message, cure), ...(await explainRetries(db, status))];
  }
  return [...(await explainEnd(db, status, position.snapshot)), ...(await explainRetries(db, status))];
}

/** It has finished all ticks: either there was nothing, or it came too late for it. */
async function explainEnd(db: Executor, status: ConsumerStatus, snapshot: string): Promise<readonly QueueFinding[]> {
  const { queue, consumer } = status;
  const table = await queryEventTable(db, queue);
  const { may_read } = await queryReaderRights(db);
  if (table === null || !may_read) {
    const message = `consumer ${consumer} is at the newest tick; whether there are events this role may not see`;
    return [info("at-end", status, message, "use a role that is in pgq_reader")];
  }
  const newest = await queryNewestEvent(db, table.table, snapshot);
  if (newest === null) {
    const message = `queue ${queue} holds no events: none was committed, or rotation has removed them`;
    return [info("no-events", status, message, "look at the producer: has it committed, and in this database?")];
  }
  const event = `event ${newest.id} of ${spoken(newest.age_ms)} ago`;
  if (newest.is_passed !== true) {
    const message = `the newest ${event} is not in a tick yet: consumer ${consumer} gets it with the next one`;
    return [info("not-ticked", status, message, `skytools queue tick ${word(queue)}`)];
  }
  const message = `consumer ${consumer} is past the newest ${event}: it has had all events, or was registered after them`;
  const cure = `if it was registered too late: skytools consumer seek ${word(queue)} ${word(consumer)} --first (or --ago 1h)`;
  return [info("at-end", status, message, cure)];
}

async function explainRetries(db: Executor, { queue, consumer }: ConsumerStatus): Promise<readonly QueueFinding[]> {
  const retries = await queryRetryCounts(db);
  const own = retries?.find((row) => row.queue_name === queue && row.consumer_name === consumer);
  if (own === undefined) return [];
  const late = own.overdue === "0" ? "" : `, ${own.overdue} of them long due: no maintenance runs`;
  const message = `${own.waiting} events of consumer ${consumer} wait to be delivered again${late}`;
  const make = own.overdue === "0" ? info : problem;
  return [make("retries-wait", { queue, consumer }, message, `skytools event list ${word(queue)} --retry`)];
}
