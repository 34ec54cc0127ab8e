// The events that only a replaced root has: read, and taken out of its queue together with their ticks.
import type { Connection } from "../../postgres/index.ts";
import { putConsumerAt, removeConsumer } from "../sql-calls/index.ts";

/** As it stands in the file; the names are those of the old program. */
export interface LostEvent {
  readonly ev_id: number;
  readonly ev_time: string;
  readonly ev_txid: number;
  readonly ev_retry: number | null;
  readonly ev_type: string | null;
  readonly ev_data: string | null;
  readonly ev_extra1: string | null;
  readonly ev_extra2: string | null;
  readonly ev_extra3: string | null;
  readonly ev_extra4: string | null;
  readonly tick_id: number;
  readonly prev_tick_id: number;
}

interface Batch {
  readonly batch_id: bigint | null;
  readonly cur_tick_id: bigint;
  readonly prev_tick_id: bigint;
}

const EVENTS = `
select ev_id::float8 as ev_id, to_char(ev_time at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"') as ev_time,
       ev_txid::float8 as ev_txid, ev_retry, ev_type, ev_data, ev_extra1, ev_extra2, ev_extra3, ev_extra4
  from pgq.get_batch_events($1::int8)`;

/**
 * Reads all events after a tick, hands them to `save`, then deletes them and the ticks after that one: in one
 * transaction, so that nothing is deleted that was not saved. @returns how many there were
 */
export async function takeLostEvents(
  db: Connection,
  { queue, reader, tick }: { readonly queue: string; readonly reader: string; readonly tick: bigint },
  save: (events: readonly LostEvent[]) => Promise<void>,
): Promise<number> {
  return await db.transaction(async () => {
    const whom = { queue, consumer: reader };
    await putConsumerAt(db, whom, tick);
    const events: LostEvent[] = [];
    for (;;) {
      const batch = await db.one<Batch>(
        "select batch_id, cur_tick_id, prev_tick_id from pgq.next_batch_info($1::text, $2::text)",
        [queue, reader],
      );
      if (batch.batch_id === null) break;
      const ticks = { tick_id: Number(batch.cur_tick_id), prev_tick_id: Number(batch.prev_tick_id) };
      const rows = await db.query<Omit<LostEvent, keyof typeof ticks>>(EVENTS, [batch.batch_id]);
      for (const row of rows) events.push({ ...row, ...ticks });
      await db.query("select pgq.finish_batch($1::int8)", [batch.batch_id]);
    }
    await removeConsumer(db, whom);
    await save(events);
    await remove(db, queue, tick, events);
    return events.length;
  });
}

/** Ids alone would not do: a transaction that was open at the tick has events with ids below it. */
async function remove(db: Connection, queue: string, tick: bigint, events: readonly LostEvent[]): Promise<void> {
  const { table } = await db.one<{ table: string }>(
    "select pgq.quote_fqname(queue_data_pfx) as table from pgq.queue where queue_name = $1::text",
    [queue],
  );
  await db.query(
    `delete from ${table} e
      using unnest($1::int8[], $2::int8[]) l (id, txid)
      where e.ev_id = l.id and e.ev_txid = l.txid`,
    [events.map((event) => String(event.ev_id)), events.map((event) => String(event.ev_txid))],
  );
  await db.query(
    `delete from pgq.tick t using pgq.queue q
      where q.queue_name = $1::text and t.tick_queue = q.queue_id and t.tick_id > $2::int8`,
    [queue, tick],
  );
}
