// The ticker's numbers for Prometheus, taken when they are asked for.
import type { Metrics } from "../service/index.ts";
import type { Fleet } from "./fleet.ts";
import type { Counters, SiteStatus } from "./site.ts";
import { noCounters } from "./stats.ts";
import type { Standing } from "./ticker-state.ts";

const totals: readonly { readonly counter: keyof Counters; readonly name: string; readonly help: string }[] = [
  { counter: "ticks", name: "pgq_ticker_passes_total", help: "looks at the queues of a database" },
  { counter: "ticksMade", name: "pgq_ticker_ticks_total", help: "ticks made" },
  { counter: "maint", name: "pgq_ticker_maintenance_runs_total", help: "maintenance runs without a failure" },
  {
    counter: "retry",
    name: "pgq_ticker_retried_events_total",
    help: "events that came back after they were set aside",
  },
  { counter: "delayed", name: "pgq_ticker_delayed_events_total", help: "delayed events put into their queues" },
  { counter: "errors", name: "pgq_ticker_errors_total", help: "failures of connections, queues and maintenance steps" },
];

const standings: readonly Standing[] = [
  "starting",
  "ticking",
  "stand-by",
  "no pgq",
  "bad version",
  "in recovery",
  "failing",
];

export function exportMetrics(metrics: Metrics, fleet: Fleet): void {
  const labels = ["database"] as const;
  const counters = totals.map(({ counter, ...definition }) => ({
    counter,
    metric: metrics.counter({ ...definition, labels }),
  }));
  const standing = metrics.gauge({
    name: "pgq_ticker_standing",
    help: "1 for what the ticker does for a database: ticking, stand-by, failing, …",
    labels: ["database", "standing"],
  });
  const age = metrics.gauge({
    name: "pgq_ticker_last_pass_age_seconds",
    help: "since the last look at the queues that succeeded; absent before the first one",
    labels,
  });
  const bad = metrics.gauge({ name: "pgq_ticker_bad_queues", help: "queues that cannot be ticked", labels });

  const exported = new Map<string, Counters>();
  metrics.beforeRead(() => {
    for (const gauge of [standing, age, bad]) gauge.reset(); // databases come and go
    for (const status of fleet.statuses()) {
      const { database } = status;
      for (const { counter, metric } of counters) metric.inc({ database }, grown(exported, status, counter));
      exported.set(database, { ...status.counters });
      for (const name of standings) standing.set({ database, standing: name }, name === status.standing ? 1 : 0);
      if (status.lastPassMs !== null) age.set({ database }, status.lastPassMs / 1000);
      bad.set({ database }, status.badQueues.length);
    }
  });
}

/** A database that was gone for a while begins at zero again. */
function grown(
  exported: ReadonlyMap<string, Counters>,
  { database, counters }: SiteStatus,
  name: keyof Counters,
): number {
  const before = (exported.get(database) ?? noCounters())[name];
  return counters[name] >= before ? counters[name] - before : counters[name];
}
