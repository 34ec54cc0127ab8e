// From a change on the origin to its effect on the replica, at a modest rate; both clocks are this machine's.
import { setTimeout as delay } from "node:timers/promises";
import { seededChance } from "../../../test/harness/chance.ts";
import { atMost, type Contest, type Reading, type Size } from "../model.ts";
import { freshTable, type Peer, peerNames } from "../peer.ts";

const CHANGES_PER_SECOND = 50;
const WARM_UP_SECONDS = 2;

export const lagContests: readonly Contest[] = [
  {
    name: "lag, default settings",
    figures: { p50: "ms", p99: "ms" },
    peers: peerNames,
    targets: [atMost("p50", 100)],
    isSingle: true,
    measure: lag,
  },
];

async function lag(peer: Peer, { lagSeconds }: Size): Promise<Reading> {
  const { origin, replica } = peer;
  const table = freshTable("bench_lag");
  await origin.query(`create table ${table} (id integer primary key, sent timestamptz)`);
  // One column more: it tells when the row was written.
  await replica.query(
    `create table ${table} (id integer primary key, sent timestamptz, arrived timestamptz default clock_timestamp())`,
  );
  await peer.addEqualTable(table);
  const random = seededChance(1);
  const changes = (WARM_UP_SECONDS + lagSeconds) * CHANGES_PER_SECOND;
  let due = performance.now();
  for (let n = 0; n < changes; n += 1) {
    due += (-Math.log(1 - random.next()) * 1000) / CHANGES_PER_SECOND;
    await delay(Math.max(0, due - performance.now()));
    await origin.query(`insert into ${table} values ($1, clock_timestamp())`, [n]);
  }
  await peer.caughtUp();
  const { rows } = await replica.query<{ p50: number; p99: number }>(
    `select percentile_cont(0.5) within group (order by ms) as p50, percentile_cont(0.99) within group (order by ms) as p99
       from (select extract(epoch from arrived - sent)::float8 * 1000 as ms from ${table} where id >= $1) l`,
    [WARM_UP_SECONDS * CHANGES_PER_SECOND],
  );
  return { ...rows[0]! };
}
