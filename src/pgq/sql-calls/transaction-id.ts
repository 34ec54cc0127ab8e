// Which transaction of which session this is: after a connection was lost the server may not know it for hours, and
// keeps the transaction open with all its locks.
import type { Executor, Session } from "../database.ts";

/** No other transaction of the server has the same. */
export interface TransactionId {
  readonly pid: number;
  /** Seconds since 1970, with the microseconds. */
  readonly since: string;
}

const BEGIN = "begin isolation level read committed";
const WHICH = "select pg_catalog.pg_backend_pid() as pid, extract(epoch from pg_catalog.now())::text as since";

/** Begins one. @returns null where it would take another round trip to know which it is */
export async function beginTransaction(session: Session): Promise<TransactionId | null> {
  if (session.script === undefined) {
    await session.query(BEGIN);
    return null;
  }
  const [row] = await session.script<TransactionId>(`${BEGIN}; ${WHICH}`);
  return row ?? null;
}

/** Ends its session if it is still in that transaction and of the same role. Works through poolers. */
export async function endTransaction(db: Executor, { pid, since }: TransactionId): Promise<void> {
  await db.query(
    `select pg_catalog.pg_terminate_backend(pid) as ended from pg_catalog.pg_stat_activity
      where pid = $1::text::int4 and extract(epoch from xact_start)::text = $2::text
        and usename = current_user and pid <> pg_catalog.pg_backend_pid()`,
    [String(pid), since],
  );
}
