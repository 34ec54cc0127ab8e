// Producing a thousand events a call, against C insert_event one by one in one transaction through the fastest client.
import { pgbench, secondsSince, statements } from "../harness/clients.ts";
import { atLeast, type Contest, type Side, type Suite } from "../harness/contest.ts";
import { from as copyFrom } from "pg-copy-streams";
import { pipeline } from "node:stream/promises";
import { createQueue, emptyQueue, eventData, serverLoop } from "./queue.ts";

const queue = "bench_bulk";
const PER_CALL = 1_000;
const target = atLeast(8);
const call = `pgq.insert_event('${queue}', 'order.paid', '${eventData}')`;

export const bulkSuite: Suite = {
  name: "bulk",
  setUp: (side) => createQueue(side, queue),
  contests: ({ events }) => [
    { ...contest("arrays", events, arrays), target },
    { ...contest("json", events, json), target },
    { ...contest("COPY", events, copy), target },
    {
      ...contest("arrays", events, arrays),
      name: "bulk arrays / insert_event in a loop on the server",
      run: (side) =>
        side.name === "ours" ? arrays(side, events) : statements(side, serverLoop(events, `perform ${call}`)),
    },
  ],
};

function contest(way: string, events: number, bulk: (side: Side, events: number) => Promise<number>): Contest {
  return {
    name: `bulk ${way}, ${PER_CALL} a call / insert_event one by one`,
    amount: events,
    prepare: (side) => emptyQueue(side, queue),
    run: (side) => (side.name === "ours" ? bulk(side, events) : oneByOne(side, events)),
  };
}

/** One transaction; pgbench's transaction is the whole script. */
function oneByOne(side: Side, events: number): Promise<number> {
  return pgbench(side, `begin;\n${`select ${call};\n`.repeat(events)}commit;\n`, { transactions: 1 });
}

function arrays(side: Side, events: number): Promise<number> {
  const types = new Array<string>(PER_CALL).fill("order.paid");
  const datas = new Array<string>(PER_CALL).fill(eventData);
  const sql = { name: "arrays", text: "select pgq.insert_events($1, $2::text[], $3::text[])" };
  return inTransaction(side, events, () => side.client.query({ ...sql, values: [queue, types, datas] }));
}

function json(side: Side, events: number): Promise<number> {
  const list = JSON.stringify(new Array(PER_CALL).fill({ type: "order.paid", data: eventData }));
  const sql = { name: "json", text: "select pgq.insert_events($1, $2::json)" };
  return inTransaction(side, events, () => side.client.query({ ...sql, values: [queue, list] }));
}

function copy(side: Side, events: number): Promise<number> {
  const lines = `2026-01-02 03:04:05\torder.paid\t${eventData}\n`.repeat(PER_CALL);
  return inTransaction(side, events, async () => {
    const { rows } = await side.client.query<{ name: string }>("select pgq.current_event_table($1) as name", [queue]);
    const stream = side.client.query(copyFrom(`copy ${rows[0]!.name} (ev_time, ev_type, ev_data) from stdin`));
    await pipeline([lines], stream);
  });
}

async function inTransaction(side: Side, events: number, produce: () => Promise<unknown>): Promise<number> {
  const from = performance.now();
  await side.client.query("begin");
  for (let done = 0; done < events; done += PER_CALL) await produce();
  await side.client.query("commit");
  return secondsSince(from);
}
