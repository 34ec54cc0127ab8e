// Comparing a table that is equal on both sides: from the command to its exit status, once with the processes' start.
import type pg from "pg";
import { atLeast, type Contest, type Reading, rowFigures, type Size } from "../model.ts";
import { freshTable, type Peer } from "../peer.ts";
import type { Meter } from "../../harness/meter.ts";

export const compareContests: readonly Contest[] = [
  {
    name: "compare of equal tables",
    figures: rowFigures,
    peers: ["ours", "old"],
    targets: [atLeast("rate", 5, "old")],
    measure: compare,
  },
];

async function compare(peer: Peer, { copyRows }: Size, meter: Meter): Promise<Reading> {
  const clients = [peer.origin, peer.replica];
  const table = freshTable("bench_compare");
  const fill = async (client: pg.Client): Promise<void> => {
    await client.query(
      `create table ${table} (id integer primary key, name text, email text, amount numeric(10,2), created timestamptz,
         flag bool, note text)`,
    );
    await client.query(
      `insert into ${table} select i, 'name ' || i, 'user' || i || '@example.com', (i % 10000) / 7.0,
         '2026-01-01 UTC'::timestamptz + i * interval '1 second', i % 2 = 0, md5(i::text) from generate_series(1, $1) i`,
      [copyRows],
    );
    await client.query(`vacuum analyze ${table}`);
  };
  await Promise.all(clients.map(fill));
  await peer.addEqualTable(table);
  await peer.inSync(table);
  await peer.caughtUp();
  return await meter.time(async () => {
    const status = await peer.run("compare", table);
    if (status !== 0) throw new Error(`compare ended with ${status ?? "a signal"}`);
    return copyRows;
  });
}
