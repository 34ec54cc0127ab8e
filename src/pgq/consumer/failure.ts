// What to do about an error.
import { type ErrorCode, SkytoolsError } from "../../errors/index.ts";
import { sqlstateOf } from "../sqlstate-of.ts";

/** Trying again cannot help until somebody has acted. */
const FATAL = new Set<ErrorCode>([
  "WRONG_USE",
  "CONSUMER_UNKNOWN",
  "QUEUE_UNKNOWN",
  "SCHEMA_TOO_OLD",
  "TICK_LOST",
  "POSITION_LOST",
  "BATCH_LEFT_OPEN",
  "RETRIES_EXHAUSTED",
  "CONNECTION_STRING",
  "SERVICE_FILE",
]);

export function isFatal(error: unknown): boolean {
  return error instanceof SkytoolsError && FATAL.has(error.code);
}

/** SQLSTATE classes: lost connection, serialization failure and deadlock, no resources, operator, system, lock. */
const PASSING = /^(08|40|53|57|58|55P03)/;
const OF_THE_BATCH = new Set<ErrorCode>(["ABORTED", "BATCH_LOST", "CONNECTION_LOST"]);

/**
 * Nothing is wrong with the event that was worked on: the batch is to be done again. A service that the handler could
 * not reach is not meant; whether our own session is alive is seen by the next statement on it.
 */
export function concernsBatch(error: unknown): boolean {
  if (error instanceof SkytoolsError && OF_THE_BATCH.has(error.code)) return true;
  return PASSING.test(sqlstateOf(error) ?? "");
}

/** Text for a dead letter: what failed, without a stack. */
export function reasonOf(error: unknown): string {
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return text.slice(0, 2_000);
}
