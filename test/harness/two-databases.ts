// Two databases, perhaps of different majors, for what compares or copies between them.
import type pg from "pg";
import { connect, type Connection } from "../../src/postgres/index.ts";
import { createDatabase, type TestDatabase } from "./database.ts";
import type { MajorPair } from "./major-pairs.ts";

export interface TwoDatabases extends AsyncDisposable {
  readonly source: TestDatabase;
  readonly target: TestDatabase;
  readonly a: pg.Client;
  readonly b: pg.Client;
  readonly openSource: () => Promise<Connection>;
  readonly openTarget: () => Promise<Connection>;
  /** Runs the script in both. */
  both(sql: string): Promise<void>;
}

export async function createTwoDatabases({ from, to }: MajorPair, template = "template1"): Promise<TwoDatabases> {
  const source = await createDatabase(from, template);
  const target = await createDatabase(to, template);
  const [a, b] = [await source.connect(), await target.connect()];
  return {
    source,
    target,
    a,
    b,
    openSource: () => connect(source.url, { env: {} }),
    openTarget: () => connect(target.url, { env: {} }),
    async both(sql) {
      await Promise.all([a.query(sql), b.query(sql)]);
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([source.drop(), target.drop()]);
    },
  };
}
