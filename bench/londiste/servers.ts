// The origin and the replica of one peer: two PostgreSQL 15 of Debian with default durability.
import pg from "pg";
import { type Cluster, startCluster } from "../../src/testing/index.ts";
import { debianBinaries } from "../../test/harness/debian-packages.ts";
import { serverCpuSeconds } from "../harness/server-cpu.ts";

export interface Servers {
  readonly origin: Cluster;
  readonly replica: Cluster;
  connect(server: Cluster, database?: string): Promise<pg.Client>;
  cpuSeconds(): number;
  stop(): Promise<void>;
}

export const DATABASE = "shop";

// Checkpoints and vacuum of one peer would take the time of the one that is measured next.
const common = {
  shared_buffers: "'512MB'",
  max_wal_size: "'8GB'",
  checkpoint_timeout: "'1h'",
  autovacuum: "off",
};

/** `settings`: more of them, for both. */
export async function startServers(settings: Readonly<Record<string, string>> = {}): Promise<Servers> {
  const options = { binaries: debianBinaries, durable: true, settings: { ...common, ...settings } };
  const origin = await startCluster(options);
  const replica = await startCluster(options);
  const clients: pg.Client[] = [];
  const servers: Servers = {
    origin,
    replica,
    async connect(server, database = DATABASE) {
      const client = new pg.Client(server.url(database));
      client.on("error", () => undefined); // the statement that runs tells
      await client.connect();
      clients.push(client);
      return client;
    },
    cpuSeconds: () => serverCpuSeconds(origin.dataDirectory) + serverCpuSeconds(replica.dataDirectory),
    async stop() {
      await Promise.all(clients.map((client) => client.end()));
      await Promise.all([origin.stop(), replica.stop()]);
    },
  };
  for (const server of [origin, replica]) {
    await (await servers.connect(server, "postgres")).query(`create database ${DATABASE}`);
  }
  return servers;
}

/** Keywords as libpq and the old programs take them. */
export function dsnOf({ host, port }: Cluster): string {
  return `host=${host} port=${port} user=postgres dbname=${DATABASE}`;
}
