// What the failures of a connection's statements are called for those who ran them.
import { SkytoolsError } from "../errors/index.ts";
import { PostgresError, statementError } from "./postgres-error.ts";
import { sqlstate } from "./sqlstates.ts";

export function translated(error: unknown, statement: string | undefined, signal: AbortSignal | undefined): Error {
  const known = statementError(error, statement);
  const isCancelled = known instanceof PostgresError && known.sqlstate === sqlstate.queryCanceled;
  return isCancelled && signal?.aborted === true ? abortedError(known) : known;
}

export function lostError(error: unknown): SkytoolsError {
  return new PostgresError("CONNECTION_LOST", statementError(error).message, { cause: error });
}

export function abortedError(cause: unknown): SkytoolsError {
  return new SkytoolsError("ABORTED", "the statement was stopped by a signal", { cause });
}

export function rowCountError(count: number, sql: string): SkytoolsError {
  const shown = sql.trim().replaceAll(/\s+/g, " ").slice(0, 120);
  return new SkytoolsError("ROW_COUNT", `one row was expected, ${count} came from: ${shown}`);
}
