// What findings say of events that are kept outside of the event tables: delayed ones, and dead letters.
import type { Executor } from "../database.ts";
import { queryDeadLetterCounts } from "../sql-calls/dead-letters.ts";
import { type DelayedCountRow, queryDelayedCounts } from "../sql-calls/delayed.ts";
import { info, problem, type QueueFinding, spoken, warning, word } from "./finding.ts";

const MAINTENANCE = "start skytools pgqd on this database: it puts them into the queue";

/** Delayed events that should have come long ago, in all queues. */
export async function judgeDelayed(db: Executor): Promise<readonly QueueFinding[]> {
  return ((await queryDelayedCounts(db)) ?? []).flatMap(overdue);
}

/** The delayed events of one queue, which nobody gets yet. */
export async function explainDelayed(db: Executor, queue: string): Promise<readonly QueueFinding[]> {
  const own = ((await queryDelayedCounts(db)) ?? []).find(({ queue_name }) => queue_name === queue);
  if (own === undefined) return [];
  const late = overdue(own);
  if (late.length > 0) return late;
  const when = own.next_due_in_ms <= 0 ? "is due now" : `comes in ${spoken(own.next_due_in_ms)}`;
  const message = `${count(own.waiting, "event")} of queue ${queue} ${own.waiting === "1" ? "was" : "were"} sent for later; the next ${when}`;
  return [info("delayed-wait", { queue }, message, `skytools event delayed ${word(queue)}`)];
}

function overdue({ queue_name: queue, overdue }: DelayedCountRow): readonly QueueFinding[] {
  if (overdue === "0") return [];
  const message = `${count(overdue, "delayed event")} of queue ${queue} ${overdue === "1" ? "is" : "are"} long due`;
  return [problem("delayed-late", { queue }, message, MAINTENANCE)];
}

/** What consumers gave up on, registered or not, where it is more than `limit` each. */
export async function judgeDeadLetters(
  db: Executor,
  limit = 0,
  only?: { readonly queue: string; readonly consumer: string },
): Promise<readonly QueueFinding[]> {
  return ((await queryDeadLetterCounts(db)) ?? [])
    .filter(({ letters }) => Number(letters) > limit)
    .filter((row) => only === undefined || (row.queue_name === only.queue && row.consumer_name === only.consumer))
    .map(({ queue_name: queue, consumer_name: consumer, letters, newest_ms }) => {
      const message = `consumer ${consumer} of queue ${queue} gave up on ${count(letters, "event")}, last ${spoken(newest_ms)} ago`;
      const cure = `skytools dlq list ${word(queue)} ${word(consumer)}; then dlq replay, or dlq purge`;
      return warning("dead-letters", { queue, consumer }, message, cure);
    });
}

function count(n: string, noun: string): string {
  return `${n} ${noun}${n === "1" ? "" : "s"}`;
}
