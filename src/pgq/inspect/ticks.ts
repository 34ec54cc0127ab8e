// Whether a queue gets its ticks.
import { info, problem, type QueueFinding, spoken, warning, word } from "./finding.ts";
import type { QueueStatus } from "./queues.ts";

/** A ticker that looks once a second may be this much late. */
const GRACE_MS = 10_000;
/** New queues get their first ticks late when the ticker looks for queues now and then. */
const IDLE_GRACE_MS = 60_000;

/** Findings about ticks; an empty list when they come as they should. */
export function judgeTicks(status: QueueStatus): readonly QueueFinding[] {
  const { queue, settings, tickAgeMs, newEvents } = status;
  const where = { queue };
  const waiting = newEvents === null || newEvents <= 0n ? "" : `; about ${newEvents} events wait`;
  const age = tickAgeMs === null ? "has no tick at all" : `had its last tick ${spoken(tickAgeMs)} ago`;
  if (settings.tickerPaused) {
    const message = `queue ${queue} is paused and ${age}${waiting}`;
    return [warning("queue-paused", where, message, `skytools queue resume ${word(queue)}`)];
  }
  if (settings.externalTicker) {
    if (tickAgeMs !== null && tickAgeMs <= settings.tickerIdlePeriodMs + IDLE_GRACE_MS) return [];
    const message = `queue ${queue} is ticked from outside and ${age}${waiting}`;
    const cure = `look at the program that feeds it; if none does: skytools queue set ${word(queue)} external_ticker=no`;
    return [warning("external-ticker", where, message, cure)];
  }
  const isLate =
    tickAgeMs === null ||
    tickAgeMs > settings.tickerIdlePeriodMs + IDLE_GRACE_MS ||
    (newEvents !== null && newEvents > 0n && tickAgeMs > settings.tickerMaxLagMs + GRACE_MS);
  if (!isLate) return [];
  const message = `no ticker runs: queue ${queue} ${age}${waiting}`;
  return [problem("no-ticker", where, message, "start skytools pgqd on this database")];
}

/** What a healthy queue waits for before its next tick; empty when no events wait. */
export function explainNextTick({ queue, settings, tickAgeMs, newEvents }: QueueStatus): readonly QueueFinding[] {
  if (newEvents === null || newEvents <= 0n || settings.tickerPaused || settings.externalTicker) return [];
  const left = settings.tickerMaxLagMs - (tickAgeMs ?? 0);
  if (left <= 1000) return [];
  const message = `about ${newEvents} events wait for the next tick of queue ${queue}: it comes in ${spoken(left)}, or with ${settings.tickerMaxCount} events`;
  const cure = `skytools queue tick ${word(queue)}, or let ticks come sooner: skytools queue set ${word(queue)} ticker_max_lag=1s`;
  return [info("waits-for-tick", { queue }, message, cure)];
}
