// A server for one test file alone. Rotation looks at the oldest open transaction of the whole server, so what other test
// files have open in their databases would hold it back; and some tests crash the server.
import pg from "pg";
import { renderSchema } from "../../src/pgq/index.ts";
import type { Cluster } from "../../src/testing/index.ts";
import { startQuietCluster } from "./quiet-cluster.ts";

export interface PrivateServer {
  readonly cluster: Cluster;
  connect(): Promise<pg.Client>;
  /** Ends all sessions, also in the middle of a transaction. */
  disconnect(): Promise<void>;
  stop(): Promise<void>;
}

/** With PgQ in database `postgres`. What is committed survives a crash of the server (not of the operating system). */
export async function startPrivateServer(options: { major?: number; binaries?: string }): Promise<PrivateServer> {
  const cluster = await startQuietCluster({
    ...options,
    durable: true,
    settings: { fsync: "off", max_prepared_transactions: "5" },
  });
  let clients: pg.Client[] = [];
  const server: PrivateServer = {
    cluster,
    async connect() {
      const client = new pg.Client(cluster.url());
      client.on("error", () => undefined);
      await client.connect();
      clients.push(client);
      return client;
    },
    async disconnect() {
      const open = clients;
      clients = [];
      await Promise.all(open.map((client) => client.end().catch(() => undefined)));
    },
    stop: () => server.disconnect().then(() => cluster.stop()),
  };
  await (await server.connect()).query(renderSchema("pgq"));
  return server;
}
