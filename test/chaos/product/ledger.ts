// The tables of truth. A row of chaos.made is written by the transaction that sends the event, a row of chaos.done by
// the handler of a consumer: in the transaction that it is given, or, where it is given none, in one of its own.
import pg from "pg";

const DONE = `
create table chaos.done (n bigserial primary key, consumer text not null, batch_id bigint not null, tick_id bigint not null,
  ev_id bigint not null, key text not null, part text, retry int, worker text not null,
  txid bigint default txid_current(), seen text default txid_current_snapshot()::text);`;

export const SOURCE_LEDGER = `
create schema chaos;
create table chaos.made (key text primary key, ev_id bigint, txid bigint default txid_current());
${DONE}`;

export const TARGET_LEDGER = `
create schema chaos;
${DONE}`;

export interface Done {
  readonly n: string;
  readonly consumer: string;
  readonly batch_id: string;
  readonly tick_id: string;
  readonly ev_id: string;
  readonly key: string;
  readonly part: string | null;
  readonly retry: number | null;
  readonly worker: string;
  /** Transaction that wrote the row, and which ones it saw: xmin:xmax:open,open,… Null for a dead letter. */
  readonly txid: string | null;
  readonly seen: string | null;
}

export async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client(url);
  client.on("error", () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
