// A backlog is replayed: many small transactions, and two statements that change many rows each.
import type { Meter } from "../../harness/meter.ts";
import { atLeast, type Contest, type Reading, rowFigures, type Size } from "../model.ts";
import { freshTable, type Peer, peerNames } from "../peer.ts";

const COLUMNS = "id integer primary key, name text, balance numeric, note text, made timestamptz, flag boolean";

export const applyContests: readonly Contest[] = [
  {
    name: "apply of a backlog of small transactions",
    figures: rowFigures,
    peers: peerNames,
    targets: [atLeast("rate", 10, "old"), atLeast("rate", 1.3, "logical")],
    measure: (peer, size, meter) => backlog(peer, meter, (table) => smallTransactions(peer, table, size)),
  },
  {
    name: "apply of two large statements",
    figures: rowFigures,
    peers: peerNames,
    targets: [atLeast("rate", 10, "old"), atLeast("rate", 1.3, "logical")],
    measure: (peer, size, meter) => backlog(peer, meter, (table) => largeStatements(peer, table, size)),
  },
];

/** Only the replay is timed. `work` gives the number of rows that it changed. */
async function backlog(peer: Peer, meter: Meter, work: (table: string) => Promise<number>): Promise<Reading> {
  const table = freshTable("bench_apply");
  for (const client of [peer.origin, peer.replica]) await client.query(`create table ${table} (${COLUMNS})`);
  try {
    await peer.addEqualTable(table);
    await peer.caughtUp();
    await peer.pause();
    await peer.origin.query("set synchronous_commit = off");
    const rows = await work(table);
    await peer.origin.query("reset synchronous_commit");
    return await meter.time(async () => {
      await peer.resume();
      await peer.caughtUp();
      return rows;
    });
  } finally {
    await peer.resume();
  }
}

/** Five changes a turn, each in a transaction of its own: two inserts, two updates, and a delete or an update. */
async function smallTransactions(
  { name, origin }: Peer,
  table: string,
  { smallChanges, oldShare }: Size,
): Promise<number> {
  const turns = Math.floor((smallChanges * (name === "old" ? oldShare : 1)) / 5);
  await origin.query(`do $$ begin for i in 1..${turns} loop
    insert into ${table} values (i * 3, 'name ' || i, i * 1.5, 'some note of the row ' || i, now(), true); commit;
    insert into ${table} values (i * 3 + 1, 'name ' || i, i * 1.5, 'some note of the row ' || i, now(), false); commit;
    update ${table} set balance = balance + 1 where id = i * 3; commit;
    update ${table} set note = 'changed' where id = ((i + 1) / 2) * 3; commit;
    if i % 2 = 0 then delete from ${table} where id = i * 3 + 1;
    else update ${table} set flag = not flag where id = i * 3 + 1; end if; commit;
  end loop; end $$`);
  return turns * 5;
}

async function largeStatements(
  { name, origin }: Peer,
  table: string,
  { statementRows, oldShare }: Size,
): Promise<number> {
  const rows = Math.floor(statementRows * (name === "old" ? oldShare : 1));
  await origin.query(
    `insert into ${table} select n, 'name ' || n, n * 1.5, 'some note of the row ' || n, now(), true
     from generate_series(1, ${rows}) n`,
  );
  await origin.query(`update ${table} set balance = balance + 1, note = 'updated ' || id`);
  return 2 * rows;
}
