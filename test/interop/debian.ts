// Debian's PostgreSQL 15 for tests beside the old programs: one server a test file, with databases that hold our
// schema or the C extension.
import pg from "pg";
import { type Cluster, startCluster } from "../../src/testing/index.ts";
import { debianBinaries, installHint, missingDebianPackages } from "../harness/debian-packages.ts";
import { queryAt } from "../harness/query-at.ts";
import { runCli } from "../harness/run-cli.ts";

/** What stands in the schema pgq of a database. */
export type Schema = "the C extension" | "our schema" | "the C extension taken over by us";

export interface DebianDatabase {
  readonly name: string;
  /** Keywords as libpq and the old programs take them. */
  readonly dsn: string;
  /** A client that is closed with the server. */
  connect(): Promise<pg.Client>;
}

export interface DebianServer {
  readonly cluster: Cluster;
  /** owner: a role that is there already, whose database and schema it is; default: the superuser. */
  createDatabase(schema: Schema, owner?: string): Promise<DebianDatabase>;
  stop(): Promise<void>;
}

export const allSchemas: readonly Schema[] = ["the C extension", "our schema", "the C extension taken over by us"];

/** What `skytools install` does, to a new database or to one with the old schema. @throws when it fails */
export async function installOurs(
  cluster: Cluster,
  database: string,
  schema = "pgq",
  user = "postgres",
): Promise<void> {
  const { status, stderr } = await runCli(["install", schema, "--db", cluster.url(database, user)]);
  if (status !== 0) throw new Error(`skytools install ${schema} ended with ${status}: ${stderr}`);
}

export async function startDebianServer(): Promise<DebianServer> {
  const missing = missingDebianPackages();
  if (missing.length > 0) throw new Error(`interop tests need Debian's packages: ${installHint(missing)}`);

  const cluster = await startCluster({ binaries: debianBinaries });
  const clients: pg.Client[] = [];
  const connect = async (database: string, user = "postgres"): Promise<pg.Client> => {
    const client = new pg.Client(cluster.url(database, user));
    await client.connect();
    clients.push(client);
    return client;
  };
  let databases = 0;

  return {
    cluster,
    async createDatabase(schema, owner = "postgres") {
      const name = `interop_${(databases += 1)}`;
      await (await connect("postgres")).query(`create database ${name} owner ${owner}`);
      if (schema !== "our schema") await queryAt(cluster.url(name), "create extension pgq");
      if (schema !== "the C extension") await installOurs(cluster, name, "pgq", owner);
      return {
        name,
        dsn: `host=${cluster.host} port=${cluster.port} user=${owner} dbname=${name}`,
        connect: () => connect(name, owner),
      };
    },
    async stop() {
      await Promise.all(clients.map((client) => client.end()));
      await cluster.stop();
    },
  };
}
