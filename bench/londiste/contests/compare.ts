// Comparing a table that is equal on both sides: from the command to its exit status, once with the processes' start.
import { atLeast, type Contest, type Reading, type Size } from "../model.ts";
import type { Peer } from "../peer.ts";
import { rateFigures } from "../../harness/peer-contest.ts";
import type { Meter } from "../../harness/meter.ts";

const TABLE = "public.bench_compare";

export const compareContests: readonly Contest[] = [
  {
    name: "compare of equal tables",
    figures: rateFigures,
    peers: ["ours", "old"],
    targets: [atLeast("rate", 5, "old")],
    measure: compare,
  },
];

async function compare(peer: Peer, { copyRows }: Size, meter: Meter): Promise<Reading> {
  const clients = [peer.origin, peer.replica];
  for (const client of clients) {
    await client.query(
      `create table ${TABLE} (id integer primary key, name text, email text, amount numeric(10,2), created timestamptz,
         flag bool, note text)`,
    );
    await client.query(
      `insert into ${TABLE} select i, 'name ' || i, 'user' || i || '@example.com', (i % 10000) / 7.0,
         '2026-01-01 UTC'::timestamptz + i * interval '1 second', i % 2 = 0, md5(i::text) from generate_series(1, $1) i`,
      [copyRows],
    );
    await client.query(`vacuum analyze ${TABLE}`);
  }
  try {
    await peer.addEqualTable(TABLE);
    await peer.inSync(TABLE);
    await peer.caughtUp();
    return await meter.time(async () => {
      const status = await peer.run("compare", TABLE);
      if (status !== 0) throw new Error(`compare ended with ${status ?? "a signal"}`);
      return copyRows;
    });
  } finally {
    await peer.removeTable(TABLE);
    for (const client of clients) await client.query(`drop table ${TABLE}`);
  }
}
