// One PostgreSQL 15 of Debian with default durability, for all peers.
import pg from "pg";
import { type Cluster, startCluster } from "../../src/testing/index.ts";
import { debianBinaries } from "../../test/harness/debian-packages.ts";
import { serverCpuSeconds } from "../harness/server-cpu.ts";

export interface QueueServer {
  readonly cluster: Cluster;
  /** Makes a database. @returns its address */
  createDatabase(name: string): Promise<string>;
  /** CPU time that the server has used so far. */
  cpuSeconds(): number;
  stop(): Promise<void>;
}

const settings = { shared_buffers: "'512MB'", max_wal_size: "'8GB'", checkpoint_timeout: "'1h'" };

export async function startQueueServer(): Promise<QueueServer> {
  const cluster = await startCluster({ binaries: debianBinaries, durable: true, settings });
  return {
    cluster,
    async createDatabase(name) {
      const admin = await openClient(cluster.url());
      await admin.query(`create database ${pg.escapeIdentifier(name)}`).finally(() => admin.end());
      return cluster.url(name);
    },
    cpuSeconds: () => serverCpuSeconds(cluster.dataDirectory),
    stop: () => cluster.stop(),
  };
}

export async function openClient(url: string): Promise<pg.Client> {
  const client = new pg.Client(url);
  client.on("error", () => undefined); // the statement that runs tells
  await client.connect();
  return client;
}
