// The ways of users to run SQL, each with what it gives outside and inside a transaction.
import { drizzle as drizzleOnPg } from "drizzle-orm/node-postgres";
import { drizzle as drizzleOnPostgresJs } from "drizzle-orm/postgres-js";
import knexFactory from "knex";
import { CamelCasePlugin, Kysely, PostgresDialect } from "kysely";
import pg from "pg";
import postgres from "postgres";
import type { ExecutorSource } from "../../src/pgq/drivers/executor-source.ts";
import { connect } from "../../src/postgres/index.ts";

export interface Flavour {
  /** Outside a transaction. */
  readonly db: ExecutorSource;
  /** Commits if `work` does not throw. */
  transaction(work: (tx: ExecutorSource) => Promise<unknown>): Promise<unknown>;
  close(): Promise<unknown>;
}

export const flavours: Readonly<Record<string, (url: string) => Promise<Flavour>>> = {
  "pg Client": async (url) => {
    const client = new pg.Client(url);
    await client.connect();
    return { db: client, transaction: (work) => begun(client, work), close: () => client.end() };
  },
  "pg Pool": async (url) => {
    const pool = new pg.Pool({ connectionString: url, max: 2 });
    return await Promise.resolve({ db: pool, transaction: (work) => checkedOut(pool, work), close: () => pool.end() });
  },
  "postgres.js": async (url) => {
    const sql = postgres(url, { max: 2, onnotice: () => undefined });
    return await Promise.resolve({
      db: sql,
      transaction: (work) => sql.begin((tx) => work(tx)),
      close: () => sql.end(),
    });
  },
  Kysely: async (url) => {
    const dialect = new PostgresDialect({ pool: new pg.Pool({ connectionString: url, max: 2 }) });
    const db = new Kysely<unknown>({ dialect, plugins: [new CamelCasePlugin()] });
    return await Promise.resolve({
      db,
      transaction: (work) => db.transaction().execute((tx) => work(tx)),
      close: () => db.destroy(),
    });
  },
  "Drizzle on pg": async (url) => {
    const pool = new pg.Pool({ connectionString: url, max: 2 });
    const db = drizzleOnPg(pool);
    return await Promise.resolve({
      db,
      transaction: (work) => db.transaction((tx) => work(tx)),
      close: () => pool.end(),
    });
  },
  "Drizzle on postgres.js": async (url) => {
    const sql = postgres(url, { max: 2, onnotice: () => undefined });
    const db = drizzleOnPostgresJs(sql);
    return await Promise.resolve({
      db,
      transaction: (work) => db.transaction((tx) => work(tx)),
      close: () => sql.end(),
    });
  },
  "the interface of Prisma": async (url) => {
    const pool = new pg.Pool({ connectionString: url, max: 2 });
    return await Promise.resolve({
      db: prismaLike(pool),
      transaction: (work) => checkedOut(pool, (client) => work(prismaLike(client as pg.PoolClient))),
      close: () => pool.end(),
    });
  },
  Knex: async (url) => {
    const knex = knexFactory({ client: "pg", connection: url, pool: { min: 0, max: 2 } });
    return await Promise.resolve({
      db: knex,
      transaction: (work) => knex.transaction((tx) => work(tx)),
      close: () => knex.destroy(),
    });
  },
  "our Connection": async (url) => {
    const db = await connect(url, { env: {} });
    return { db, transaction: (work) => db.transaction(() => work(db)), close: () => db.close() };
  },
};

async function begun(client: pg.ClientBase, work: (tx: ExecutorSource) => Promise<unknown>): Promise<unknown> {
  await client.query("begin");
  try {
    const result = await work(client);
    await client.query("commit");
    return result;
  } catch (error) {
    await client.query("rollback");
    throw error;
  }
}

async function checkedOut(pool: pg.Pool, work: (tx: ExecutorSource) => Promise<unknown>): Promise<unknown> {
  const client = await pool.connect();
  try {
    return await begun(client, work);
  } finally {
    client.release();
  }
}

/** Prisma's engine cannot be had everywhere; this has the one method that is used, its results and its errors. */
function prismaLike(client: pg.Pool | pg.PoolClient): ExecutorSource {
  return {
    async $queryRawUnsafe(sql: string, ...params: unknown[]): Promise<unknown> {
      if (params.some((value) => value !== null && typeof value !== "string")) throw new TypeError("not a text");
      try {
        return (await client.query<object>(sql, params)).rows;
      } catch (error) {
        const { code, message } = error as pg.DatabaseError;
        throw Object.assign(new Error(`Raw query failed. Code: \`${code ?? ""}\`. Message: \`ERROR: ${message}\``), {
          code: "P2010",
          meta: { code, message },
        });
      }
    },
  };
}
