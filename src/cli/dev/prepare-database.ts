// The database of `skytools dev`, with our schemas in it, brought up to date at each start.
import { installableSchemas, installSchema } from "../../pgq/index.ts";
import { connect, type Connection, quoteIdent } from "../../postgres/index.ts";
import type { KeptCluster } from "../../testing/index.ts";

export async function prepareDatabase(cluster: KeptCluster, database: string): Promise<void> {
  await using maintenance = await open(cluster.url("postgres"));
  const [there] = await maintenance.query("select 1 from pg_catalog.pg_database where datname = $1", [database]);
  if (there === undefined) await maintenance.execute(`create database ${quoteIdent(database)}`);
  await using db = await open(cluster.url(database));
  for (const { name: schema } of installableSchemas()) await installSchema(db, { schema });
}

function open(url: string): Promise<Connection> {
  return connect(url, { env: {}, applicationName: "skytools dev" });
}
