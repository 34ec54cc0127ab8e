// What a call of the ticker costs, with and without a tick to make. Commits do not wait for the disk: that wait is the
// same on both sides and would hide the difference.
import { pgbench, statements } from "../harness/clients.ts";
import { atMost, type Contest, type Side, type Suite } from "../harness/contest.ts";
import { createQueue } from "./queue.ts";

const QUEUES = 50;
const target = atMost(1.2);
const queues = Array.from({ length: QUEUES }, (_, n) => `bench_ticker_${n}`);

/** idle period: "0" makes every call write a tick, an hour makes none due. */
async function setIdlePeriod(side: Side, period: string): Promise<void> {
  await side.client.query(
    `update pgq.queue set queue_ticker_idle_period = $1, queue_ticker_paused = queue_name not like 'bench_ticker_%'`,
    [period],
  );
  await statements(
    side,
    "delete from pgq.tick t where tick_id < (select max(tick_id) from pgq.tick m where m.tick_queue = t.tick_queue)",
  );
  await statements(side, "vacuum analyze pgq.tick", "vacuum analyze pgq.queue");
}

function line(name: string, call: string, period: string, transactions: number): Contest {
  return {
    name,
    amount: transactions,
    target,
    prepare: (side) => setIdlePeriod(side, period),
    run: (side) => pgbench(side, `select ${call};\n`, { transactions, settings: { synchronous_commit: "off" } }),
  };
}

export const tickerSuite: Suite = {
  name: "ticker",
  setUp: async (side) => {
    for (const queue of queues) await createQueue(side, queue);
  },
  contests: ({ transactions }) => [
    line("ticker(queue), cost of a tick", "pgq.ticker('bench_ticker_0')", "0", transactions),
    line("ticker(queue), cost when nothing is due", "pgq.ticker('bench_ticker_0')", "1 hour", transactions),
    line(`ticker(), cost of ${QUEUES} ticks`, "pgq.ticker()", "0", Math.ceil(transactions / 20)),
    line(
      `ticker() of ${QUEUES} queues, cost when nothing is due`,
      "pgq.ticker()",
      "1 hour",
      Math.ceil(transactions / 10),
    ),
  ],
};
