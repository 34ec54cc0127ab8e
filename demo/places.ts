// Where the demo's databases are: on two servers of its own, or on one that the user has.
import { SkytoolsError } from "../src/errors/index.ts";
import { connect, mergeConninfo, parseConninfo, quoteIdent, formatKeywordPairs } from "../src/postgres/index.ts";
import { type Cluster, startCluster } from "../src/testing/index.ts";

export interface Place {
  readonly name: "old" | "new" | "reports";
  readonly role: "root" | "branch" | "leaf";
  readonly url: string;
  /** Of the server: where its ticker connects. */
  readonly serverUrl: string;
  readonly database: string;
  readonly major: number;
}

export interface Places extends AsyncDisposable {
  readonly all: readonly Place[];
}

const PLACES = [
  { name: "old", role: "root", server: 0 },
  { name: "new", role: "branch", server: 1 },
  { name: "reports", role: "leaf", server: 0 },
] as const;

const SETTINGS = { max_connections: "100", shared_buffers: "64MB" } as const;

/** Two servers, an old major and the newest one, as far as both are installed. @throws SERVER_START */
export async function ownServers(): Promise<Places> {
  const started: Cluster[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(started.map((cluster) => cluster.stop()));
  };
  try {
    started.push(await startOld());
    started.push(await startCluster({ settings: SETTINGS }));
    const all = PLACES.map(({ name, role, server }): Place => {
      const cluster = started[server];
      if (cluster === undefined) throw new Error("no server");
      const database = `shop_${name}`;
      return { name, role, database, url: cluster.url(database), serverUrl: cluster.url(), major: cluster.major };
    });
    for (const place of all) await createDatabase(place);
    return { all, [Symbol.asyncDispose]: stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startOld(): Promise<Cluster> {
  try {
    return await startCluster({ major: 14, settings: SETTINGS });
  } catch {
    return await startCluster({ settings: SETTINGS });
  }
}

/** Three databases on the user's server, which are removed at the end. */
export async function databasesOf(server: string): Promise<Places> {
  await using db = await connect(server, { env: process.env });
  const major = Math.floor(db.facts.serverVersion / 10_000);
  const all = PLACES.map(({ name, role }): Place => {
    const database = `skytools_demo_${name}`;
    return { name, role, database, url: withDatabase(server, database), serverUrl: server, major };
  });
  const drop = async (): Promise<void> => {
    await using again = await connect(server, { env: process.env });
    for (const { database } of all) await again.execute(`drop database if exists ${quoteIdent(database)} with (force)`);
  };
  for (const { database } of all) {
    const found = await db.maybeOne("select 1 as yes from pg_database where datname = $1", [database]);
    if (found !== null) {
      throw new SkytoolsError("WRONG_USE", `database ${database} exists already`, {
        hint: "it is of another run: drop it, or wait until that run has ended",
      });
    }
  }
  try {
    for (const place of all) await createDatabase(place);
  } catch (error) {
    await drop();
    throw error;
  }
  return { all, [Symbol.asyncDispose]: drop };
}

async function createDatabase({ serverUrl, database }: Place): Promise<void> {
  await using db = await connect(serverUrl, { env: process.env });
  await db.execute(`create database ${quoteIdent(database)} template template0 encoding 'UTF8'`);
}

function withDatabase(server: string, database: string): string {
  const merged = mergeConninfo(parseConninfo(`dbname=${database}`), parseConninfo(server));
  return formatKeywordPairs(Object.entries(merged));
}
