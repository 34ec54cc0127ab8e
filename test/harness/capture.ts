// A database with one queue "q" and a look at its events, for the tests of JSON capture.
import type pg from "pg";
import { createDatabase, type TestDatabase } from "./database.ts";

export interface Event {
  readonly type: string;
  readonly data: string;
  readonly table: string;
  readonly old: string | null;
}

export interface CaptureBench {
  readonly db: TestDatabase;
  readonly client: pg.Client;
  /** Runs statements one after the other. */
  run(...statements: readonly string[]): Promise<void>;
  /** The first column of the first row. */
  value(sql: string): Promise<unknown>;
  /** The events since the last call, in the order of their ids. */
  events(): Promise<readonly Event[]>;
  /** The same in short: operation and data. */
  log(): Promise<readonly string[]>;
  capture(table: string, options?: object): Promise<unknown>;
}

export async function captureBench(major: number): Promise<CaptureBench> {
  const db = await createDatabase(major);
  const client = await db.connect();
  await client.query("select pgq.create_queue('q')");
  let last = "0";

  const events = async (): Promise<readonly Event[]> => {
    const { rows } = await client.query<Event & { id: string }>(
      `select ev_id::text as id, ev_type as type, ev_data as data, ev_extra1 as "table", ev_extra2 as old
         from pgq.event_1 where ev_id > $1 order by ev_id`,
      [last],
    );
    last = rows.at(-1)?.id ?? last;
    return rows.map(({ type, data, table, old }) => ({ type, data, table, old }));
  };
  const value = async (sql: string): Promise<unknown> => {
    const { rows } = await client.query<unknown[]>({ text: sql, rowMode: "array" });
    return rows[0]?.[0];
  };
  return {
    db,
    client,
    async run(...statements) {
      for (const statement of statements) await client.query(statement);
    },
    value,
    events,
    log: async () => (await events()).map(({ type, data }) => `${operation(type)} ${data}`),
    async capture(table, options = {}) {
      const { rows } = await client.query<{ result: string }>("select pgq.create_capture('q', $1, $2) as result", [
        table,
        JSON.stringify(options),
      ]);
      return rows[0]?.result;
    },
  };
}

function operation(type: string): string {
  return type.startsWith("{") ? (JSON.parse(type) as { op: string }).op : type;
}
