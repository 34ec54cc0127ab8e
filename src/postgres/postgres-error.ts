// An error of the server or of the connection to it, with what the server said. Made from the driver's errors here only.
import pg from "pg";
import { errnoOf, type ErrorCode, reasonOf, SkytoolsError } from "../errors/index.ts";
import { sqlstate } from "./sqlstates.ts";

export interface PostgresErrorDetails {
  /** Five characters; null when the error did not come from the server. */
  readonly sqlstate: string | null;
  readonly severity: string | null;
  readonly detail: string | null;
  readonly hint: string | null;
  /** The server's CONTEXT: where in which function. */
  readonly context: string | null;
  readonly constraint: string | null;
  readonly schema: string | null;
  readonly table: string | null;
  readonly column: string | null;
  /** 1-based place in the statement's text. */
  readonly position: number | null;
  /** Name of the prepared statement, if it had one. */
  readonly statement: string | null;
}

const nothingSaid: PostgresErrorDetails = {
  sqlstate: null,
  severity: null,
  detail: null,
  hint: null,
  context: null,
  constraint: null,
  schema: null,
  table: null,
  column: null,
  position: null,
  statement: null,
};

/** Codes DATABASE, CONNECTION_FAILED and CONNECTION_LOST. */
export class PostgresError extends SkytoolsError<PostgresErrorDetails> {
  override readonly name = "PostgresError";
  readonly sqlstate: string | null;

  constructor(
    code: ErrorCode,
    message: string,
    options: { details?: Partial<PostgresErrorDetails>; hint?: string | undefined; cause?: unknown } = {},
  ) {
    const details = { ...nothingSaid, ...options.details };
    super(code, message, { details, cause: options.cause, hint: options.hint ?? details.hint ?? undefined });
    this.sqlstate = details.sqlstate;
  }
}

/** Turns what the driver threw for a statement into a PostgresError; our own errors pass through. */
export function statementError(error: unknown, statement?: string): SkytoolsError {
  if (error instanceof SkytoolsError) return error;
  const details = { ...serverDetails(error), ...(statement === undefined ? {} : { statement }) };
  if (details.sqlstate === null && isConnectionTrouble(error)) {
    return new PostgresError("CONNECTION_LOST", `the connection to the server broke: ${messageOf(error)}`, {
      details,
      cause: error,
      hint: "connect again; the server's log says why it ended",
    });
  }
  // FATAL and PANIC end the session whatever the state is.
  const isLost = details.severity === "FATAL" || details.severity === "PANIC";
  return new PostgresError(isLost ? "CONNECTION_LOST" : "DATABASE", messageOf(error), {
    details,
    cause: error,
    hint: details.hint ?? hints[details.sqlstate ?? ""],
  });
}

/** What the server reported, with nulls where it said nothing or the error is not the server's. */
export function serverDetails(error: unknown): PostgresErrorDetails {
  if (!(error instanceof pg.DatabaseError)) return nothingSaid;
  return {
    sqlstate: error.code ?? null,
    severity: error.severity ?? null,
    detail: error.detail ?? null,
    hint: error.hint ?? null,
    context: error.where ?? null,
    constraint: error.constraint ?? null,
    schema: error.schema ?? null,
    table: error.table ?? null,
    column: error.column ?? null,
    position: error.position === undefined ? null : Number(error.position),
    statement: null,
  };
}

export function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === "") return error.errors.map(messageOf).join("; ");
  return reasonOf(error);
}

const hints: Readonly<Record<string, string>> = {
  [sqlstate.insufficientPrivilege]: "grant the right, or connect as a role that has it",
  [sqlstate.invalidSchemaName]: "is the schema installed in this database? `skytools doctor` tells",
  [sqlstate.undefinedFunction]: "is the schema installed in this database, and current? `skytools doctor` tells",
  [sqlstate.undefinedTable]: "is the schema installed in this database, and current? `skytools doctor` tells",
  "40001": "run the whole transaction again",
  "40P01": "run the whole transaction again",
};

/** Node's socket errors carry a code; the driver's own have fixed texts. */
function isConnectionTrouble(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if (/^(E[A-Z]+|ERR_(SSL|TLS|STREAM)_\w+)$/.test(errnoOf(error) ?? "")) return true;
  return /^(Connection terminated|Client (was closed|has encountered a connection error)|timeout expired)/.test(
    error.message,
  );
}
