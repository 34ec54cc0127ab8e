// Debian's PostgreSQL 15 for tests beside the old programs: one server a test file, with databases that hold our
// schema or the C extension.
import pg from "pg";
import { renderSchema } from "../../src/pgq/index.ts";
import { type Cluster, startCluster } from "../../src/testing/index.ts";
import { debianBinaries, installHint, missingDebianPackages } from "../harness/debian-packages.ts";

/** What stands in the schema pgq of a database. */
export type Schema = "our schema" | "the C extension";

export interface DebianDatabase {
  readonly name: string;
  /** Keywords as libpq and the old programs take them. */
  readonly dsn: string;
  /** A client that is closed with the server. */
  connect(): Promise<pg.Client>;
}

export interface DebianServer {
  readonly cluster: Cluster;
  createDatabase(schema: Schema): Promise<DebianDatabase>;
  stop(): Promise<void>;
}

const installations: Readonly<Record<Schema, () => string>> = {
  "our schema": () => renderSchema("pgq"),
  "the C extension": () => "create extension pgq",
};

export async function startDebianServer(): Promise<DebianServer> {
  const missing = missingDebianPackages();
  if (missing.length > 0) throw new Error(`interop tests need Debian's packages: ${installHint(missing)}`);

  const cluster = await startCluster({ binaries: debianBinaries });
  const clients: pg.Client[] = [];
  const connect = async (database: string): Promise<pg.Client> => {
    const client = new pg.Client(cluster.url(database));
    await client.connect();
    clients.push(client);
    return client;
  };
  let databases = 0;

  return {
    cluster,
    async createDatabase(schema) {
      const name = `interop_${(databases += 1)}`;
      await (await connect("postgres")).query(`create database ${name}`);
      await (await connect(name)).query(installations[schema]());
      return {
        name,
        dsn: `host=${cluster.host} port=${cluster.port} user=postgres dbname=${name}`,
        connect: () => connect(name),
      };
    },
    async stop() {
      await Promise.all(clients.map((client) => client.end()));
      await cluster.stop();
    },
  };
}
