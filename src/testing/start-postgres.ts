// A throw-away PostgreSQL with PgQ in it and a ticker running, for the tests of programs that use PgQ.
import { connect, type Connection, quoteIdent } from "../postgres/index.ts";
import { installSchema } from "../pgq/index.ts";
import { type Cluster, type ClusterOptions, startCluster } from "./cluster.ts";
import { startTicker } from "./ticker.ts";

export interface PostgresOptions extends ClusterOptions {
  /** Database that gets PgQ; made when it is not `postgres`, which is the default. */
  readonly database?: string;
  /** Time between two looks for events to tick, milliseconds. Default 50. Infinity: no ticker, the test ticks. */
  readonly tickIntervalMs?: number;
}

export interface PostgresWithPgq extends AsyncDisposable {
  readonly major: number;
  /** postgresql:// URI of the database, for the superuser. */
  readonly url: string;
  /** The server, for tests that crash or restart it. */
  readonly cluster: Cluster;
  /** Stops the ticker and the server and removes everything. May be called twice. */
  stop(): Promise<void>;
}

const DEFAULT_TICK_INTERVAL_MS = 50;

/**
 * Starts a server, installs PgQ and starts ticking. Works as root (the server then runs as `nobody`) and as any other
 * user. The server ends and its files go when this process ends, in whatever way. A queue is ticked soon after an event,
 * unless its ticker_max_lag was set above 3 seconds.
 *
 *     await using pg = await startPostgres();
 *     const client = new Client(pg.url);
 *
 * @throws SERVER_START
 */
export async function startPostgres(options: PostgresOptions = {}): Promise<PostgresWithPgq> {
  const cluster = await startCluster(options);
  try {
    const url = await prepareDatabase(cluster, options.database ?? "postgres");
    const ticker = startTicker(url, options.tickIntervalMs ?? DEFAULT_TICK_INTERVAL_MS);
    const stop = async (): Promise<void> => {
      await ticker.stop();
      await cluster.stop();
    };
    return { major: cluster.major, url, cluster, stop, [Symbol.asyncDispose]: stop };
  } catch (error) {
    await cluster.stop();
    throw error;
  }
}

async function prepareDatabase(cluster: Cluster, database: string): Promise<string> {
  if (database !== "postgres") {
    await using db = await open(cluster.url());
    await db.execute(`create database ${quoteIdent(database)}`);
  }
  const url = cluster.url(database);
  await using db = await open(url);
  await installSchema(db, { schema: "pgq" });
  return url;
}

function open(url: string): Promise<Connection> {
  return connect(url, { env: {}, applicationName: "skytools testing" });
}
