// What is in a queue's tables, whether there was a tick or not.
import type pg from "pg";

export interface StoredRow {
  readonly id: string;
  readonly type: string | null;
  readonly data: string | null;
  readonly extras: readonly (string | null)[];
}

/** Committed events in the order of their ids. */
export async function storedEvents(client: pg.Client, queue: string): Promise<StoredRow[]> {
  const table = await client.query<{ name: string }>(
    "select queue_data_pfx as name from pgq.queue where queue_name = $1",
    [queue],
  );
  const { rows } = await client.query<StoredRow>(
    `select ev_id::text as id, ev_type as type, ev_data as data,
       array[ev_extra1, ev_extra2, ev_extra3, ev_extra4] as extras
     from ${table.rows[0]!.name} order by ev_id`,
  );
  return rows;
}
