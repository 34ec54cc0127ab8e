// What the code in our pages may use without saying where it comes from: the reader's own connections and values, and
// what an earlier block of the page has imported. A text, so that it is known to snippets only.
export const snippetWorld = `
import type pg from "pg";
import type postgres from "postgres";
import type { Generated, Kysely } from "kysely";
import type { NodePgDatabase } from "drizzle-orm/node-postgres";
import type { PgTable } from "drizzle-orm/pg-core";
import type { Knex } from "knex";
import type * as pgq from "skytools/pgq";
import type * as service from "skytools/service";

interface Tables {
  orders: { id: Generated<string>; total: string };
}
interface PrismaTransaction {
  $queryRawUnsafe<T>(sql: string, ...values: unknown[]): Promise<T>;
  readonly order: { create(order: { data: { total: string } }): Promise<unknown> };
}

declare global {
  const client: pg.Client;
  const pool: pg.Pool;
  const sql: postgres.Sql;
  const db: Kysely<Tables> & NodePgDatabase;
  const orders: PgTable & { readonly $inferInsert: { total: string } };
  const knex: Knex;
  const prisma: { $transaction(work: (tx: PrismaTransaction) => Promise<void>): Promise<void> };

  const consumer: pgq.Consumer<string>;
  const payload: { readonly id: number };
  const order: { readonly id: number };
  const events: pgq.UntypedEvent[];
  function readLines(): AsyncIterable<pgq.UntypedEvent>;

  const send: typeof pgq.send;
  const sendMany: typeof pgq.sendMany;
  const copyEvents: typeof pgq.copyEvents;
  const cancelDelayed: typeof pgq.cancelDelayed;
  const createConsumer: typeof pgq.createConsumer;
  const consumerProgram: typeof service.consumerProgram;
  const runAsMain: typeof service.runAsMain;
}
`;
