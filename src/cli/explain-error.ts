// Errors of the server that mean something particular to somebody who administers queues.
import { reasonOf, SkytoolsError } from "../errors/index.ts";
import { PostgresError } from "../postgres/index.ts";

interface Explanation {
  readonly sqlstate: string;
  readonly message: RegExp;
  readonly hint: string;
}

const explanations: readonly Explanation[] = [
  {
    sqlstate: "3F000",
    message: /schema "pgq"/,
    hint: "there is no PgQ in this database: look at --db, or run skytools install pgq",
  },
  {
    sqlstate: "42P01",
    message: /"pgq\./,
    hint: "there is no PgQ in this database, or an old one: look at --db, or run skytools install pgq",
  },
  {
    sqlstate: "42883",
    message: /pgq\w*\./,
    hint: "the schema in this database lacks that function: run skytools install",
  },
  {
    sqlstate: "42501",
    message: /./,
    hint: "creating and changing queues needs the role pgq_admin, events and consumers pgq_reader, inserting pgq_writer: grant pgq_admin to …",
  },
  { sqlstate: "25006", message: /./, hint: "this is a standby or a read-only session: connect to the primary" },
];

/** The error as one of ours, with a hint where one is known. */
export function explainError(error: unknown): SkytoolsError {
  if (!(error instanceof SkytoolsError)) return new SkytoolsError("DATABASE", reasonOf(error), { cause: error });
  if (!(error instanceof PostgresError)) return error;
  const found = explanations.find((e) => e.sqlstate === error.sqlstate && e.message.test(error.message));
  if (found === undefined) return error;
  return new PostgresError(error.code, error.message, {
    hint: found.hint,
    cause: error,
    ...(error.details === undefined ? {} : { details: error.details }),
  });
}
