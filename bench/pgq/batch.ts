// Reading one large batch: next_batch, all its events, finish_batch.
import { psql } from "../harness/clients.ts";
import { atLeast, type Side, type Suite } from "../harness/contest.ts";
import { createQueue, eventData } from "./queue.ts";

const queue = "bench_batch";
const consumer = "reader";
const FETCH = 10_000;
const target = atLeast(0.95);

/** Fills the queue once and puts the consumer back before the batch. */
async function rewind(side: Side, events: number): Promise<void> {
  const { client } = side;
  const { rows } = await client.query<{ last: string }>(
    "select max(tick_id) as last from pgq.tick join pgq.queue on queue_id = tick_queue where queue_name = $1",
    [queue],
  );
  if (rows[0]!.last === "1") await fill(side, events);
  await client.query("select pgq.register_consumer_at($1, $2, 1)", [queue, consumer]);
  await client.query("vacuum pgq.subscription");
}

async function fill({ client }: Side, events: number): Promise<void> {
  const { rows } = await client.query<{ name: string }>("select pgq.current_event_table($1) as name", [queue]);
  const name = rows[0]!.name;
  await client.query(
    `insert into ${name} (ev_time, ev_type, ev_data) select now(), 'order.paid', $1 from generate_series(1, $2)`,
    [eventData, events],
  );
  await client.query(`vacuum analyze ${name}`);
  await client.query("select pgq.force_tick($1)", [queue]);
  await client.query("select pgq.ticker($1)", [queue]);
}

const open = `begin; select batch_id from pgq.next_batch_info('${queue}', '${consumer}') \\gset\n`;
const finish = `select pgq.finish_batch(:batch_id); commit;\n`;

export const batchSuite: Suite = {
  name: "batch",
  setUp: (side) => createQueue(side, queue),
  contests: ({ batchEvents }) => [
    {
      name: `batch of ${batchEvents}, get_batch_events`,
      amount: batchEvents,
      target,
      prepare: (side) => rewind(side, batchEvents),
      run: (side) => psql(side, `${open}copy (select * from pgq.get_batch_events(:batch_id)) to stdout;\n${finish}`),
    },
    {
      name: `batch of ${batchEvents}, cursor`,
      amount: batchEvents,
      target,
      prepare: (side) => rewind(side, batchEvents),
      run: (side) =>
        psql(
          side,
          `${open}select * from pgq.get_batch_cursor(:batch_id, 'events', ${FETCH});\n` +
            `fetch ${FETCH} from events;\n`.repeat(batchEvents / FETCH) +
            `close events;\n${finish}`,
        ),
    },
  ],
};
