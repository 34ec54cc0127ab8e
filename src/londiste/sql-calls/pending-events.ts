// Events of a provider's queue that a node has still to replay, by their ids.
import type { Queryable } from "../../postgres/index.ts";

export interface PendingEvent {
  readonly id: bigint;
  readonly type: string | null;
  /** Table, or name of a script. */
  readonly extra1: string | null;
}

export interface PendingEvents {
  readonly events: readonly PendingEvent[];
  /** Of an event: those above it were not written when the node's position was made. */
  readonly positionId: bigint;
}

/** Null: the provider does not keep the tick any more. Reads with the index over transactions, not the whole queue. */
export async function readPendingEvents(
  provider: Queryable,
  { queue, tick, ids }: { readonly queue: string; readonly tick: bigint; readonly ids: readonly bigint[] },
): Promise<PendingEvents | null> {
  const position = await provider.maybeOne<{ table: string; snapshot: string; id: bigint | null }>(
    `select pgq.quote_fqname(q.queue_data_pfx)::text as table, t.tick_snapshot::text as snapshot, t.tick_event_seq as id
       from pgq.queue q join pgq.tick t on t.tick_queue = q.queue_id
      where q.queue_name = $1::text and t.tick_id = $2::int8`,
    [queue, tick],
  );
  if (position === null) return null;
  const events = await provider.query<PendingEvent & Record<string, unknown>>(
    `select distinct e.ev_id as id, e.ev_type as type, e.ev_extra1 as extra1 from ${position.table} e
      where e.ev_txid >= pg_catalog.txid_snapshot_xmin($1::pg_catalog.txid_snapshot)
        and not pg_catalog.txid_visible_in_snapshot(e.ev_txid, $1::pg_catalog.txid_snapshot)
        and e.ev_id = any ($2::int8[])`,
    [position.snapshot, ids.map(String)],
  );
  return { events, positionId: position.id ?? 0n };
}
