// What the suites share about queues: making one, emptying one, and the payload of an event.
import type { Side } from "../harness/contest.ts";

/** About 120 bytes, as of a small row. */
export const eventData =
  "id=4711&customer=Jane+Doe&amount=129.90&paid=t&note=first+order+of+the+year&changed=2026-01-02+03%3a04%3a05";

export async function createQueue(side: Side, queue: string): Promise<void> {
  await side.client.query("select pgq.create_queue($1)", [queue]);
}

/** Removes all events, so that every run writes into empty tables. */
export async function emptyQueue(side: Side, queue: string): Promise<void> {
  const { rows } = await side.client.query<{ tables: string }>(
    `select string_agg(queue_data_pfx || '_' || n, ', ') as tables
       from pgq.queue, generate_series(0, queue_ntables - 1) n where queue_name = $1`,
    [queue],
  );
  await side.client.query(`truncate ${rows[0]!.tables}`);
}

/** A DO block that runs the statement `times` times in one transaction, on the server alone. */
export function serverLoop(times: number, statement: string): string {
  return `do $loop$ begin for i in 1..${times} loop ${statement}; end loop; end $loop$`;
}
