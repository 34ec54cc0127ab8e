// The initial copy of one table, from asking for it to its state "in sync"; and what the changes of another table wait for
// meanwhile.
import { setTimeout as delay } from "node:timers/promises";
import { atLeast, atMost, type Contest, type Reading, rowFigures, type Size } from "../model.ts";
import { freshTable, type Peer, peerNames } from "../peer.ts";
import type { Meter } from "../../harness/meter.ts";

const CHANGES_PER_SECOND = 50;

export const copyContests: readonly Contest[] = [
  {
    name: "initial copy of a table",
    figures: rowFigures,
    peers: peerNames,
    targets: [atLeast("rate", 3, "old"), atLeast("rate", 1.5, "logical")],
    measure: copy,
  },
  {
    name: "delay of another table during a copy",
    figures: { worst: "ms", p50: "ms" },
    peers: ["ours"],
    targets: [atMost("worst", 200)],
    isSingle: true,
    measure: delayOfOthers,
  },
];

async function copy(peer: Peer, { copyRows }: Size, meter: Meter): Promise<Reading> {
  const table = await makeTable(peer, copyRows);
  // A decoder that still reads how the table was filled would be counted too.
  await peer.caughtUp();
  return await meter.time(async () => {
    await peer.addTable(table);
    await peer.inSync(table);
    return copyRows;
  });
}

async function delayOfOthers(peer: Peer, { copyRows }: Size): Promise<Reading> {
  const { origin, replica } = peer;
  const table = await makeTable(peer, copyRows);
  const other = freshTable("bench_other");
  await origin.query(`create table ${other} (id integer primary key, sent timestamptz)`);
  await replica.query(
    `create table ${other} (id integer primary key, sent timestamptz, arrived timestamptz default clock_timestamp())`,
  );
  await peer.addEqualTable(other);
  await peer.caughtUp();
  let isCopied = false;
  const copying = (async () => {
    await peer.addTable(table);
    await peer.inSync(table);
  })().finally(() => (isCopied = true));
  copying.catch(() => undefined); // it is awaited below
  for (let n = 0; !isCopied; n += 1) {
    await origin.query(`insert into ${other} values ($1, clock_timestamp())`, [n]);
    await delay(1000 / CHANGES_PER_SECOND);
  }
  await copying;
  await peer.caughtUp();
  const { rows } = await replica.query<{ worst: number; p50: number }>(
    `select max(ms) as worst, percentile_cont(0.5) within group (order by ms) as p50
       from (select extract(epoch from arrived - sent)::float8 * 1000 as ms from ${other}) l`,
  );
  return { ...rows[0]! };
}

async function makeTable({ origin, replica }: Peer, rows: number): Promise<string> {
  const table = freshTable("bench_copy");
  for (const client of [origin, replica]) {
    await client.query(
      `create table ${table} (id integer primary key, name text, email text, amount numeric(10,2), created timestamptz,
         flag bool, note text)`,
    );
  }
  await origin.query(
    `insert into ${table} select i, 'name ' || i, 'user' || i || '@example.com', (i % 10000) / 7.0,
       '2026-01-01 UTC'::timestamptz + i * interval '1 second', i % 2 = 0, md5(i::text) from generate_series(1, $1) i`,
    [rows],
  );
  await origin.query(`vacuum analyze ${table}`);
  return table;
}
