// The initial copy of one table, from asking for it to its state "in sync"; and what the changes of another table wait for
// meanwhile.
import { setTimeout as delay } from "node:timers/promises";
import { atLeast, atMost, type Contest, type Reading, rowFigures, type Size } from "../model.ts";
import { type Peer, peerNames } from "../peer.ts";
import type { Meter } from "../../harness/meter.ts";

const TABLE = "public.bench_copy";
const OTHER = "public.bench_other";
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
  await makeTable(peer, copyRows);
  try {
    return await meter.time(async () => {
      await peer.addTable(TABLE);
      await peer.inSync(TABLE);
      return copyRows;
    });
  } finally {
    await dropTable(peer, TABLE);
  }
}

async function delayOfOthers(peer: Peer, { copyRows }: Size): Promise<Reading> {
  const { origin, replica } = peer;
  await makeTable(peer, copyRows);
  await origin.query(`create table ${OTHER} (id integer primary key, sent timestamptz)`);
  await replica.query(
    `create table ${OTHER} (id integer primary key, sent timestamptz, arrived timestamptz default clock_timestamp())`,
  );
  try {
    await peer.addEqualTable(OTHER);
    await peer.caughtUp();
    let isCopied = false;
    const copying = (async () => {
      await peer.addTable(TABLE);
      await peer.inSync(TABLE);
      isCopied = true;
    })();
    for (let n = 0; !isCopied; n += 1) {
      await origin.query(`insert into ${OTHER} values ($1, clock_timestamp())`, [n]);
      await delay(1000 / CHANGES_PER_SECOND);
    }
    await copying;
    await peer.caughtUp();
    const { rows } = await replica.query<{ worst: number; p50: number }>(
      `select max(ms) as worst, percentile_cont(0.5) within group (order by ms) as p50
         from (select extract(epoch from arrived - sent)::float8 * 1000 as ms from ${OTHER}) l`,
    );
    return { ...rows[0]! };
  } finally {
    await dropTable(peer, OTHER);
    await dropTable(peer, TABLE);
  }
}

async function makeTable({ origin, replica }: Peer, rows: number): Promise<void> {
  for (const client of [origin, replica]) {
    await client.query(
      `create table ${TABLE} (id integer primary key, name text, email text, amount numeric(10,2), created timestamptz,
         flag bool, note text)`,
    );
  }
  await origin.query(
    `insert into ${TABLE} select i, 'name ' || i, 'user' || i || '@example.com', (i % 10000) / 7.0,
       '2026-01-01 UTC'::timestamptz + i * interval '1 second', i % 2 = 0, md5(i::text) from generate_series(1, $1) i`,
    [rows],
  );
  await origin.query(`vacuum analyze ${TABLE}`);
}

async function dropTable(peer: Peer, table: string): Promise<void> {
  await peer.removeTable(table);
  for (const client of [peer.origin, peer.replica]) await client.query(`drop table ${table}`);
}
