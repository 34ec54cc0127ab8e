// Whether a connection string that others shall use leads to the database that we are connected to.
import { SkytoolsError } from "../../errors/index.ts";
import type { Connection, Queryable } from "../../postgres/index.ts";

interface Identity {
  readonly oid: number;
  readonly name: string;
}

/**
 * The two show the same database when a transaction of one of them appears on the other just then.
 * @throws SET_REFUSED with fail= 1 (another database), 2 (its transaction was there before), 4 (it never appeared)
 */
export async function checkLocation(local: Connection, remote: Connection): Promise<void> {
  const [here, there] = [await identity(local), await identity(remote)];
  let fail = here.oid === there.oid && here.name === there.name ? 0 : 1;
  const before = await snapshot(local);
  const { txid } = await remote.one<{ txid: bigint }>("select txid_current() as txid");
  const { early, late } = await local.one<{ early: boolean; late: boolean }>(
    `select $1::int8 < txid_snapshot_xmax($2::txid_snapshot) as early,
            not txid_visible_in_snapshot($1::int8, txid_current_snapshot()) as late`,
    [txid, before],
  );
  if (early) fail |= 2;
  if (late) fail |= 4;
  if (fail === 0) return;
  throw new SkytoolsError(
    "SET_REFUSED",
    `Public connect string points to different database than local connect string (fail=${fail})`,
    { hint: "correct public_node_location or the LOCATION argument; --nocheck skips this check" },
  );
}

async function identity(db: Queryable): Promise<Identity> {
  return await db.one<Identity & Record<string, unknown>>(
    "select oid, datname::text as name from pg_database where datname = current_database()",
  );
}

async function snapshot(db: Queryable): Promise<string> {
  const { snapshot: text } = await db.one<{ snapshot: string }>("select txid_current_snapshot()::text as snapshot");
  return text;
}
