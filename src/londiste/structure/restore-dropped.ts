// Runs the statements that bring back what a copy took off: indexes several at a time, the rest in one transaction.
import { type Connection, splitStatements, tokenizeSql } from "../../postgres/index.ts";
import { settleAll } from "../copy/settle-all.ts";

export interface RestoreOptions {
  /** Opens another session on the target; closed here. */
  readonly connect: (signal: AbortSignal) => Promise<Connection>;
  /** Indexes that are built at the same time. */
  readonly connections: number;
  /** At the end, in the transaction of the last statements: forget the statements. */
  readonly finish: () => Promise<void>;
  readonly signal: AbortSignal;
}

/** Dead in the middle, it can be run again: an index that is there is not made again, and the rest is done all or not. */
export async function restoreDropped(db: Connection, script: string, options: RestoreOptions): Promise<void> {
  const { parallel, last } = planRestore(script);
  await buildIndexes(db, parallel, options);
  await db.transaction(async () => {
    for (const statement of last) await db.execute(statement, { signal: options.signal });
    await options.finish();
  });
}

export interface RestorePlan {
  /** May run at the same time, each committed by itself. */
  readonly parallel: readonly string[];
  /** Must run in this order. */
  readonly last: readonly string[];
}

/** Statements that an old program wrote down are not harmless when run twice, so all of them go into the transaction. */
export function planRestore(script: string): RestorePlan {
  const parallel: string[] = [];
  const last: string[] = [];
  for (const statement of splitStatements(script)) {
    if (isRepeatableIndex(statement)) parallel.push(statement);
    else if (statement.trim() !== "") last.push(statement);
  }
  return { parallel, last };
}

const REPEATABLE = /^create (unique )?index if not exists $/;

function isRepeatableIndex(statement: string): boolean {
  let words = "";
  for (const { kind, text } of tokenizeSql(statement)) {
    if (kind === "ws") continue;
    words += `${text.toLowerCase()} `;
    if (REPEATABLE.test(words)) return true;
    if (words.length > 40) return false;
  }
  return false;
}

async function buildIndexes(
  db: Connection,
  statements: readonly string[],
  { connect, connections, signal }: RestoreOptions,
): Promise<void> {
  const queue = [...statements];
  const lanes = Array.from({ length: Math.min(connections, queue.length) }, async (_, lane) => {
    const own = lane === 0 ? db : await connect(signal);
    try {
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) await own.execute(next, { signal });
    } finally {
      queue.length = 0;
      if (own !== db) await own.close();
    }
  });
  await settleAll(lanes);
}
