// Whether the rows of a range are stored, when the connection was lost before the server had answered the commit.
import type { MonotonicClock } from "../../clock/index.ts";
import type { Connection } from "../../postgres/index.ts";

export interface RangeTransaction {
  readonly txid: bigint;
  readonly pid: number;
}

const POLL_MS = 200;

export async function whichTransaction(db: Connection): Promise<RangeTransaction> {
  return await db.one<RangeTransaction>("select txid_current() as txid, pg_backend_pid() as pid");
}

/** Over another session. One that is still open is ended, and its end is waited for. */
export async function isCommitted(
  db: Connection,
  { txid, pid }: RangeTransaction,
  clock: MonotonicClock,
): Promise<boolean> {
  for (;;) {
    const { status } = await db.one<{ status: string | null }>("select txid_status($1::int8) as status", [txid]);
    if (status !== "in progress") return status === "committed";
    await db.query(
      `select pg_terminate_backend(a.pid) from pg_stat_activity a
        where a.pid = $1 and a.backend_xid::text = ($2::int8 & 4294967295)::text`,
      [pid, txid],
    );
    await clock.sleep(POLL_MS);
  }
}
