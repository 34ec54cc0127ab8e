// What is left in the tables after traffic during which one long transaction kept the server from cleaning up.
import { setTimeout as delay } from "node:timers/promises";
import { eventData } from "../../pgq/queue.ts";
import { atMost, type Contest, type Reading, type Size } from "../model.ts";
import { type Peer, peerNames } from "../peer.ts";
import { openClient } from "../server.ts";

const PER_TRANSACTION = 10;
const TRANSACTIONS_PER_SECOND = 100;

export const bloatContests: readonly Contest[] = [
  {
    name: "traffic beside a long transaction",
    figures: {
      "dead rows": "an event",
      "dead bytes": "an event",
      growth: "bytes of bookkeeping an event",
      events: "produced",
      handled: "of those produced",
    },
    peers: peerNames,
    targets: [atMost("dead rows", 0.02), atMost("growth", 0.02 * eventData.length)],
    isConcurrent: true,
    isSingle: true,
    measure: traffic,
  },
];

async function traffic(peer: Peer, { trafficSeconds }: Size): Promise<Reading> {
  await peer.reset();
  await peer.client.query("create extension if not exists pgstattuple");
  await peer.client.query("vacuum full");
  const { host, port, user } = peer.client;
  const long = await openClient(`postgresql://${user!}@${host}:${port}/${peer.database}`);
  await long.query("begin isolation level repeatable read");
  await long.query("select count(*) from pg_class");
  const before = await bookkeepingBytes(peer);

  let handled = 0;
  const consumer = await peer.consume(() => (handled += 1), "default");
  const events = await produce(peer, trafficSeconds);
  const patience = performance.now() + 10_000;
  while (handled < events && performance.now() < patience) await delay(20);
  await consumer.stop();

  const dead = await deadRows(peer);
  const growth = (await bookkeepingBytes(peer)) - before;
  await long.query("rollback");
  await long.end();
  return {
    "dead rows": dead.rows / events,
    "dead bytes": dead.bytes / events,
    growth: growth / events,
    events,
    handled: handled / events,
  };
}

/** As many as the peer can up to the intended rate. @returns number of events */
async function produce(peer: Peer, seconds: number): Promise<number> {
  const datas = new Array<string>(PER_TRANSACTION).fill(eventData);
  const from = performance.now();
  let transactions = 0;
  while (performance.now() - from < seconds * 1000) {
    await peer.sendMany(datas);
    transactions += 1;
    await delay(Math.max(0, from + (transactions * 1000) / TRANSACTIONS_PER_SECOND - performance.now()));
  }
  return transactions * PER_TRANSACTION;
}

/** Counted row by row: the server's own statistics come late. */
async function deadRows({ client, schemas }: Peer): Promise<{ rows: number; bytes: number }> {
  const { rows } = await client.query<{ rows: string; bytes: string }>(
    `select sum((s).dead_tuple_count) as rows, sum((s).dead_tuple_len) as bytes
       from (select pgstattuple(c.oid) as s from pg_class c
              where relnamespace::regnamespace::text = any($1) and relkind in ('r', 'm')) x`,
    [schemas],
  );
  return { rows: Number(rows[0]!.rows), bytes: Number(rows[0]!.bytes) };
}

async function bookkeepingBytes({ client, schemas, payloadTables }: Peer): Promise<number> {
  const { rows } = await client.query<{ bytes: string }>(
    `select sum(pg_total_relation_size(oid)) as bytes from pg_class
      where relnamespace::regnamespace::text = any($1) and relkind in ('r', 'm') and ($2::text is null or relname not like $2)`,
    [schemas, payloadTables],
  );
  return Number(rows[0]!.bytes);
}
