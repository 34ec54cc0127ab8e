// How queues and consumers do, for Prometheus. Read when it asks, over a connection that is closed at once; whoever asks
// more often gets what was read a moment ago.
import { reasonOf } from "../errors/index.ts";
import type { MonotonicClock } from "../clock/index.ts";
import { type QueueGauges, readQueueGauges } from "../pgq/index.ts";
import type { Metrics } from "../service/index.ts";
import type { Fleet } from "./fleet.ts";
import type { Site } from "./site.ts";

/** Queues and consumers of one database; more would burden whoever stores the numbers. */
const MAX_ROWS = 500;
const FRESH_MS = 5000;
const LIMITS = { statementTimeoutMs: 4000, lockTimeoutMs: 1000 };

interface Definition {
  readonly name: string;
  readonly help: string;
  readonly of: "queue" | "consumer";
  readonly value: "lagSeconds" | "waitingEvents" | "eventsPerSecond" | "lastSeenSeconds";
}

const definitions: readonly Definition[] = [
  { name: "pgq_queue_ticker_lag_seconds", help: "age of the newest tick", of: "queue", value: "lagSeconds" },
  { name: "pgq_queue_new_events", help: "events after the newest tick", of: "queue", value: "waitingEvents" },
  { name: "pgq_queue_events_per_second", help: "over the last minutes", of: "queue", value: "eventsPerSecond" },
  { name: "pgq_consumer_lag_seconds", help: "age of the tick that is done", of: "consumer", value: "lagSeconds" },
  {
    name: "pgq_consumer_last_seen_seconds",
    help: "since it asked for or finished a batch",
    of: "consumer",
    value: "lastSeenSeconds",
  },
  {
    name: "pgq_consumer_pending_events",
    help: "events between the tick that is done and the newest one",
    of: "consumer",
    value: "waitingEvents",
  },
];

interface Reading {
  readonly database: string;
  readonly rows: readonly QueueGauges[];
}

export function exportQueueMetrics(metrics: Metrics, fleet: Fleet, clock: MonotonicClock): void {
  const gauges = definitions.map(({ name, help, of, value }) => ({
    of,
    value,
    gauge: metrics.gauge({ name, help, labels: ["database", "queue", ...(of === "consumer" ? ["consumer"] : [])] }),
  }));
  const cut = metrics.gauge({
    name: "pgq_ticker_gauges_cut",
    help: `1: the database has more than ${MAX_ROWS} queues and consumers, the others are left out`,
    labels: ["database"],
  });

  let readings: Promise<readonly Reading[]> = Promise.resolve([]);
  let readAtMs = -Infinity;
  metrics.beforeRead(async () => {
    if (clock.monotonicMs() - readAtMs >= FRESH_MS) {
      readAtMs = clock.monotonicMs();
      readings = Promise.all(fleet.tickedSites().map(read));
    }
    const known = await readings;
    for (const { gauge } of gauges) gauge.reset(); // queues come and go
    cut.reset();
    for (const { database, rows } of known) {
      cut.set({ database }, rows.length > MAX_ROWS ? 1 : 0);
      for (const row of rows.slice(0, MAX_ROWS)) {
        for (const { of, value, gauge } of gauges) {
          const number = row[value];
          if ((of === "queue") !== (row.consumer === null) || number === null) continue;
          const { queue, consumer } = row;
          gauge.set({ database, queue, ...(consumer === null ? {} : { consumer }) }, number);
        }
      }
    }
  });
}

/** Empty when it fails: the other numbers tell of the trouble. */
async function read(site: Site): Promise<Reading> {
  const { database, world } = site;
  try {
    const session = await site.openSession("metrics", LIMITS);
    try {
      return { database, rows: await readQueueGauges(session, MAX_ROWS + 1) };
    } finally {
      await session.close();
    }
  } catch (error) {
    world.log.debug({}, site.line(`cannot read the numbers of its queues: ${reasonOf(error)}`));
    return { database, rows: [] };
  }
}
