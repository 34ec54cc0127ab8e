// begin, work, commit; and what can go wrong with each.
import type { PipelineStatement } from "./pipeline.ts";
import { PostgresError } from "./postgres-error.ts";
import type { Queryable, StatementResult } from "./queryable.ts";
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
  requireCommitted(results[0]);
}

function requireCommitted(result: StatementResult | undefined): void {
  if (result?.command === "COMMIT") return;
  throw new PostgresError("DATABASE", "the transaction was rolled back, not committed: a statement in it had failed", {
    details: { sqlstate: sqlstate.inFailedTransaction },
    hint: "do not pass over errors of statements inside a transaction",
  });
}

export interface FramedTransaction {
  /** Sent with begin. */
  readonly opening: readonly PipelineStatement[];
  /** Gets the results of `opening`. Null: nothing is to be done, the transaction is rolled back. */
  readonly work: (opened: readonly StatementResult[]) => Promise<FramedEnd | null>;
}

export interface FramedEnd {
  /** The last statements of the transaction, sent with commit. */
  readonly last: readonly PipelineStatement[];
  /** Sent along, to be run when it was committed: together a transaction of their own. When they fail it stays committed. */
  readonly after?: readonly PipelineStatement[];
}

export interface FramedResults {
  readonly last: readonly StatementResult[];
  readonly after: readonly StatementResult[];
}

type Pipelining = Queryable & {
  pipeline(statements: readonly PipelineStatement[]): Promise<readonly StatementResult[]>;
};

/** Does not look for nesting; Connection.framedTransaction does. */
export async function runFramed(db: Pipelining, { opening, work }: FramedTransaction): Promise<FramedResults | null> {
  try {
    const [, ...opened] = await db.pipeline([{ sql: "begin", name: "begin" }, ...opening]);
    const end = await work(opened);
    if (end === null) {
      await db.execute("rollback");
      return null;
    }
    const { last, after = [] } = end;
    const results = await db.pipeline([...last, { sql: "commit", name: "commit" }, ...after]);
    requireCommitted(results[last.length]);
    return { last: results.slice(0, last.length), after: results.slice(last.length + 1) };
  } catch (error) {
    await db.execute("rollback").catch(() => undefined);
    throw error;
  }
}

function beginStatement({ isolation, readOnly, deferrable }: TransactionOptions): string {
  const level = isolation === undefined ? "" : ` isolation level ${isolation}`;
  const access = readOnly === undefined ? "" : readOnly ? " read only" : " read write";
  return `begin${level}${access}${deferrable === true ? " deferrable" : ""}`;
}
