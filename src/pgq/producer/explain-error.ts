// Errors of the server that have something to say about queues get our code and a hint. All others stay what the driver
// made of them: they belong to the caller's transaction.
import { type ErrorCode, SkytoolsError } from "../../errors/index.ts";
import { sqlstateOf } from "../sqlstate-of.ts";

export interface QueueErrorDetails {
  readonly queue: string;
  /** Of the server's error, which is the cause. */
  readonly sqlstate: string;
}

/** Undefined function, schema and table. */
const MISSING = new Set(["42883", "3F000", "42P01"]);
const RAISED = "P0001";

/** Runs `work`; codes QUEUE_UNKNOWN, QUEUE_CLOSED and SCHEMA_TOO_OLD, with the server's error as cause. */
export async function explained<T>(queue: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw explain(queue, error);
  }
}

function explain(queue: string, error: unknown): unknown {
  const sqlstate = sqlstateOf(error);
  if (sqlstate === null || !(error instanceof Error)) return error;
  const make = (code: ErrorCode, message: string, hint: string): SkytoolsError<QueueErrorDetails> =>
    new SkytoolsError(code, message, { hint, details: { queue, sqlstate }, cause: error });
  if (MISSING.has(sqlstate)) {
    const message = "the database has no PgQ, or one that lacks what this call needs";
    return make("SCHEMA_TOO_OLD", message, "run `skytools install pgq` in this database");
  }
  if (sqlstate !== RAISED) return error;
  if (/No such (event )?queue|Event queue not found/.test(error.message)) {
    return make("QUEUE_UNKNOWN", `there is no queue ${queue}`, `skytools queue create ${queue}`);
  }
  if (/Insert into queue disallowed|Writing to queue disabled/.test(error.message)) {
    return make("QUEUE_CLOSED", `queue ${queue} takes no events`, "its setting disable_insert is on");
  }
  return error;
}
