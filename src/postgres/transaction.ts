// begin, work, commit; and what can go wrong with each.
import { PostgresError } from "./postgres-error.ts";
import type { Queryable } from "./queryable.ts";
import { sqlstate } from "./sqlstates.ts";

export interface TransactionOptions {
  readonly isolation?: "read committed" | "repeatable read" | "serializable";
  readonly readOnly?: boolean;
  readonly deferrable?: boolean;
}

/** Does not look for nesting; Connection.transaction does. */
export async function runTransaction<T>(
  db: Queryable,
  work: () => Promise<T>,
  options: TransactionOptions,
): Promise<T> {
  await db.execute(beginStatement(options));
  let result: T;
  try {
    result = await work();
  } catch (error) {
    // The first error is the one that tells; a rollback fails only when the session is gone, and then it is rolled back.
    await db.execute("rollback").catch(() => undefined);
    throw error;
  }
  await commit(db);
  return result;
}

/** After an error that was passed over, the server answers "commit" with ROLLBACK and no error at all. */
async function commit(db: Queryable): Promise<void> {
  const results = await db.execute("commit");
  if (results[0]?.command === "COMMIT") return;
  throw new PostgresError("DATABASE", "the transaction was rolled back, not committed: a statement in it had failed", {
    details: { sqlstate: sqlstate.inFailedTransaction },
    hint: "do not pass over errors of statements inside a transaction",
  });
}

function beginStatement({ isolation, readOnly, deferrable }: TransactionOptions): string {
  const level = isolation === undefined ? "" : ` isolation level ${isolation}`;
  const access = readOnly === undefined ? "" : readOnly ? " read only" : " read write";
  return `begin${level}${access}${deferrable === true ? " deferrable" : ""}`;
}
