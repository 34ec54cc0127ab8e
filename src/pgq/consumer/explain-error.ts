// Errors of the server that have something to say about queues and consumers get our code and a hint.
import { nearestName, SkytoolsError } from "../../errors/index.ts";
import type { Executor } from "../database.ts";
import { consumerNames, queueNames } from "../sql-calls/queue-state.ts";
import { sqlstateOf } from "../sqlstate-of.ts";

/** Undefined function, schema and table. */
const MISSING = new Set(["42883", "3F000", "42P01"]);

/** The error to throw instead of `error`. Looks around in the database for a better hint. */
export async function explainError(error: unknown, db: Executor, queue: string, consumer: string): Promise<unknown> {
  if (!(error instanceof Error) || (error instanceof SkytoolsError && sqlstateOf(error) === null)) return error;
  const details = { queue, consumer };
  if (/Not subscriber to queue/.test(error.message)) return await notRegistered(error, db, queue, consumer);
  if (/Event queue not created yet|No such queue/.test(error.message)) return await unknownQueue(error, db, queue);
  if (/No ticks for this queue|cannot reposition, tick not found/.test(error.message)) {
    return new SkytoolsError("POSITION_GONE", `queue ${queue}: ${error.message}`, {
      hint: "run a ticker (`skytools pgqd`), or seek to a tick that is kept",
      details,
      cause: error,
    });
  }
  if (/does not see tick/.test(error.message)) {
    return new SkytoolsError("TICK_LOST", `consumer ${consumer} stands at a tick of queue ${queue} that is gone`, {
      hint: `move it: consumer.seek("first") or seek("last")`,
      details,
      cause: error,
    });
  }
  if (MISSING.has(sqlstateOf(error) ?? "") && /pgq/.test(error.message)) {
    return new SkytoolsError("SCHEMA_TOO_OLD", "the database has no PgQ, or one that lacks what this call needs", {
      hint: "run `skytools install pgq` in this database",
      details,
      cause: error,
    });
  }
  return error;
}

async function notRegistered(cause: Error, db: Executor, queue: string, consumer: string): Promise<SkytoolsError> {
  const queues = await queueNames(db).catch(() => [queue]);
  if (!queues.includes(queue)) return await unknownQueue(cause, db, queue);
  const near = nearestName(consumer, await consumerNames(db, queue).catch(() => []));
  const meant = near === null ? "" : `; did you mean ${near}?`;
  return new SkytoolsError("CONSUMER_UNKNOWN", `consumer ${consumer} is not registered on queue ${queue}${meant}`, {
    hint: `call consumer.register(), or: skytools consumer register ${queue} ${consumer}`,
    details: { queue, consumer },
    cause,
  });
}

async function unknownQueue(cause: Error, db: Executor, queue: string): Promise<SkytoolsError> {
  const near = nearestName(queue, await queueNames(db).catch(() => []));
  const meant = near === null ? "" : `; did you mean ${near}?`;
  return new SkytoolsError("QUEUE_UNKNOWN", `there is no queue ${queue}${meant}`, {
    hint: `create it: skytools queue create ${queue}`,
    details: { queue },
    cause,
  });
}
