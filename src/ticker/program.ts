// pgqd: the ticker as a program.
import { systemClock } from "../clock/index.ts";
import { packageVersion } from "../pgq/index.ts";
import { defineProgram, type Service } from "../service/index.ts";
import { Fleet } from "./fleet.ts";
import { reportHealth } from "./health.ts";
import { exportMetrics } from "./metrics.ts";
import { exportQueueMetrics } from "./queue-metrics.ts";
import { tickerOptions, tickerSettings } from "./options.ts";
import type { TickerSettings } from "./settings.ts";
import { noCounters, statsLine, subtractCounters } from "./stats.ts";

type Options = Parameters<typeof tickerSettings>[0];

export const pgqd = defineProgram({
  name: "pgqd",
  version: packageVersion(),
  summary: "tick the queues of all databases of a server, rotate their tables, and bring back events that are due",
  sections: ["pgqd"],
  dialect: "pgqd",
  configFile: "optional",
  unknownKeys: "error",
  logFormat: "pgqd",
  quiet: "console",
  signals: "pgqd",
  options: tickerOptions,
  check: (options) => void tickerSettings(options),
  run: tickUntilStopped,
});

async function tickUntilStopped(service: Service<Options>): Promise<undefined> {
  const { log, env, signal } = service;
  log.info({}, `Starting pgqd ${packageVersion()}`);
  const fleet = new Fleet({ clock: systemClock, log, env, settings: currentSettings(service) });
  service.onReload(() => fleet.refresh());
  reportHealth(service.health, fleet);
  exportMetrics(service.metrics, fleet);
  exportQueueMetrics(service.metrics, fleet, systemClock);
  service.ready();

  const done = new AbortController();
  const talking = logStatistics(service, fleet, AbortSignal.any([signal, done.signal]));
  try {
    await fleet.run(signal);
  } finally {
    done.abort();
    await talking;
  }
  return undefined;
}

/** Converted once for each reload. */
function currentSettings(service: Service<Options>): () => TickerSettings {
  let options = service.options;
  let settings = tickerSettings(options);
  return () => {
    if (service.options !== options) {
      options = service.options;
      settings = tickerSettings(options);
    }
    return settings;
  };
}

async function logStatistics(service: Service<Options>, fleet: Fleet, signal: AbortSignal): Promise<void> {
  let before = noCounters();
  for (;;) {
    await systemClock.sleep(tickerSettings(service.options).statsPeriodMs, signal);
    if (signal.aborted) return;
    const now = fleet.totals();
    const since = subtractCounters(now, before);
    service.log.info({ stats: since }, statsLine(since));
    before = now;
  }
}
