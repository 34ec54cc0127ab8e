// pgq.insert_event, one call an event.
import { pgbench, statements } from "../harness/clients.ts";
import { atLeast, type Suite } from "../harness/contest.ts";
import { createQueue, emptyQueue, eventData, serverLoop } from "./queue.ts";

const queue = "bench_insert";
const call = `pgq.insert_event('${queue}', 'order.paid', '${eventData}')`;
const target = atLeast(0.9);

export const insertEventSuite: Suite = {
  name: "insert_event",
  setUp: (side) => createQueue(side, queue),
  contests: ({ transactions, events }) => [
    {
      name: "insert_event, one a transaction",
      amount: transactions,
      target,
      prepare: (side) => emptyQueue(side, queue),
      run: (side) => pgbench(side, `select ${call};\n`, { transactions }),
    },
    {
      name: "insert_event, one a transaction, asynchronous commit",
      amount: transactions,
      target,
      prepare: (side) => emptyQueue(side, queue),
      run: (side) => pgbench(side, `select ${call};\n`, { transactions, settings: { synchronous_commit: "off" } }),
    },
    {
      name: "insert_event, many in one transaction",
      amount: events,
      target,
      prepare: (side) => emptyQueue(side, queue),
      run: (side) => statements(side, serverLoop(events, `perform ${call}`)),
    },
  ],
};
