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

/** One of several that follow each other. */
export interface RowedTransaction extends FramedTransaction {
  /** It was committed, and `after` was run. The next one has begun by then. */
  readonly committed?: (results: FramedResults) => Promise<void> | void;
}

export interface FramedResults {
  readonly last: readonly StatementResult[];
  readonly after: readonly StatementResult[];
}

type Pipelining = Queryable & {
  pipeline(statements: readonly PipelineStatement[]): Promise<readonly StatementResult[]>;
};

const begin: PipelineStatement = { sql: "begin", name: "begin" };
const commitIt: PipelineStatement = { sql: "commit", name: "commit" };

/** Does not look for nesting; Connection.framedTransaction does. */
export async function runFramed(db: Pipelining, transaction: FramedTransaction): Promise<FramedResults | null> {
  const done: FramedResults[] = [];
  await runRow(db, [{ ...transaction, committed: (results) => void done.push(results) }]);
  return done[0] ?? null;
}

/** One after the other until one is given up; what ends one travels with what begins the next. @returns how many were committed */
export async function runRow(db: Pipelining, transactions: readonly RowedTransaction[]): Promise<number> {
  const [first] = transactions;
  if (first === undefined) return 0;
  try {
    let [, ...opened] = await db.pipeline([begin, ...first.opening]);
    for (const [index, { work, committed }] of transactions.entries()) {
      const end = await work(opened);
      if (end === null) {
        await db.execute("rollback");
        return index;
      }
      const { last, after = [] } = end;
      const next = transactions[index + 1];
      const framedAfter = next === undefined || after.length === 0 ? after : [begin, ...after, commitIt];
      const opening = next === undefined ? [] : [begin, ...next.opening];
      const results = await db.pipeline([...last, commitIt, ...framedAfter, ...opening]);
      requireCommitted(results[last.length]);
      const afterAt = last.length + 1 + (framedAfter.length > after.length ? 1 : 0);
      await committed?.({ last: results.slice(0, last.length), after: results.slice(afterAt, afterAt + after.length) });
      opened = results.slice(last.length + 1 + framedAfter.length + 1);
    }
    return transactions.length;
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
