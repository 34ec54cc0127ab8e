// Makes the server and the database of a chaos run: PgQ, two queues, and the ledger tables.
//
// The ledger is the truth that is compared at the end: a row of chaos.made is written by the transaction that makes the
// event, rows of chaos.batch, chaos.seen and chaos.retried by the transaction that finishes the batch.
import pg from "pg";
import { renderSchema } from "../../src/pgq/index.ts";
import { type Cluster, startCluster } from "../../src/testing/index.ts";
import { createWorld, DATABASE, type World } from "./world.ts";

export interface ChaosOptions {
  readonly seed: number;
  readonly seconds: number;
  readonly major?: number;
  /** Take PgQ from this folder's C extension instead of ours: there the checker must find the known losses. */
  readonly cExtension?: string;
}

const LEDGER = `
create schema chaos;
create table chaos.made (queue text, key text, ev_id bigint, txid bigint default txid_current(), primary key (queue, key));
create table chaos.batch (queue text, consumer text, batch_id bigint, prev_tick bigint, tick bigint,
  prev_snapshot txid_snapshot, snapshot txid_snapshot);
create table chaos.faithful (queue text, consumer text); -- those who must see everything
create table chaos.seen (queue text, consumer text, batch_id bigint, key text, ev_id bigint, ev_txid bigint, ev_retry int);
create table chaos.retried (queue text, consumer text, key text, ev_id bigint, ev_retry int);
create table chaos.item (id int primary key, key text);
create table chaos.item_json (id int primary key, key text);
insert into chaos.item select i, '' from generate_series(1, 30) i;
insert into chaos.item_json select * from chaos.item;`;

export const QUEUES = [
  { name: "chaos", tables: 3 },
  { name: "Chaos of 'two'", tables: 2 },
] as const;

export async function setUp(options: ChaosOptions): Promise<World> {
  const cluster = await startCluster({
    ...(options.major === undefined ? {} : { major: options.major }),
    ...(options.cExtension === undefined ? {} : { binaries: options.cExtension }),
    durable: true,
    settings: {
      // The server is killed, the operating system is not: what was written needs no fsync to survive.
      fsync: "off",
      max_prepared_transactions: "30",
      max_connections: "80",
      deadlock_timeout: "100ms",
    },
  });
  try {
    await inDatabase(cluster, "postgres", (client) => client.query(`create database ${DATABASE}`));
    const features = await inDatabase(cluster, DATABASE, async (client) => {
      await client.query(options.cExtension === undefined ? renderSchema("pgq") : "create extension pgq");
      await client.query(LEDGER);
      for (const { name, tables } of QUEUES) await makeQueue(client, name, tables);
      return makeTriggers(client, await findFeatures(client));
    });
    return createWorld(cluster, options.seed, QUEUES, features);
  } catch (error) {
    await cluster.stop();
    throw error;
  }
}

async function makeQueue(client: pg.Client, name: string, tables: number): Promise<void> {
  await client.query(`alter table pgq.queue alter queue_ntables set default ${tables}`);
  await client.query("select pgq.create_queue($1)", [name]);
  for (const [parameter, value] of [
    ["rotation_period", "1 millisecond"],
    ["ticker_max_count", "10"],
    ["ticker_max_lag", "50 milliseconds"],
    ["ticker_idle_period", "200 milliseconds"],
  ]) {
    await client.query("select pgq.set_queue_config($1, $2, $3)", [name, parameter, value]);
  }
}

const FEATURES: Readonly<Record<string, string>> = {
  insert_events: "pgq.insert_events(text, text[], text[], text[], text[], text[], text[])",
  insert_events_json: "pgq.insert_events(text, json)",
  logutriga: "pgq.logutriga()",
  jsontriga: "pgq.jsontriga()",
  capture: "pgq.create_capture(text, regclass, jsonb)",
};

async function findFeatures(client: pg.Client): Promise<Set<string>> {
  const found = new Set<string>();
  for (const [feature, signature] of Object.entries(FEATURES)) {
    const { rows } = await client.query("select 1 where to_regprocedure($1) is not null", [signature]);
    if (rows.length > 0) found.add(feature);
  }
  return found;
}

async function makeTriggers(client: pg.Client, features: Set<string>): Promise<Set<string>> {
  const queue = pg.escapeLiteral(QUEUES[0].name);
  if (features.has("logutriga")) {
    await client.query(
      `create trigger to_queue after insert or update on chaos.item for each row execute function pgq.logutriga(${queue})`,
    );
  }
  if (features.has("capture")) {
    await client.query(`select pgq.create_capture(${queue}, 'chaos.item_json', '{}')`);
  } else if (features.has("jsontriga")) {
    await client.query(
      `create trigger to_queue after insert or update on chaos.item_json
       for each row execute function pgq.jsontriga(${queue})`,
    );
  }
  return features;
}

async function inDatabase<T>(cluster: Cluster, database: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client(cluster.url(database));
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
