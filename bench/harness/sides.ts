// One durable PostgreSQL 15 with two databases: Debian's C extension in the one, our schema in the other.
import pg from "pg";
import { renderSchema } from "../../src/pgq/index.ts";
import { type Cluster, startCluster } from "../../src/testing/index.ts";
import { debianBinaries } from "../../test/harness/debian-packages.ts";
import type { Side, SideName } from "./contest.ts";
import { serverCpuSeconds } from "./server-cpu.ts";

export interface Sides {
  readonly sides: Readonly<Record<SideName, Side>>;
  /** CPU time that the server has used so far. */
  cpuSeconds(): number;
  close(): Promise<void>;
}

// The same for both sides. Checkpoints and vacuum run between the measurements, not in them.
const settings = {
  shared_buffers: "'512MB'",
  max_wal_size: "'8GB'",
  checkpoint_timeout: "'1h'",
  autovacuum: "off",
};

const databases = { C: "ref", ours: "ours" } as const;
const installations = { C: () => "create extension pgq", ours: () => renderSchema("pgq") } as const;

export async function openSides(): Promise<Sides> {
  const cluster = await startCluster({ binaries: debianBinaries, durable: true, settings });
  const clients: pg.Client[] = [];
  const close = async (): Promise<void> => {
    await Promise.all(clients.map((client) => client.end()));
    await cluster.stop();
  };
  const open = async (name: SideName): Promise<Side> => {
    const side = await openSide(cluster, name);
    clients.push(side.client);
    return side;
  };
  try {
    const sides = { C: await open("C"), ours: await open("ours") };
    return { sides, cpuSeconds: () => serverCpuSeconds(cluster.dataDirectory), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function openSide(cluster: Cluster, name: SideName): Promise<Side> {
  const database = databases[name];
  const admin = new pg.Client(cluster.url());
  await admin.connect();
  await admin.query(`create database ${database}`).finally(() => admin.end());

  const client = new pg.Client(cluster.url(database));
  await client.connect();
  await client.query(installations[name]());
  return { name, client, host: cluster.host, port: cluster.port, database };
}
