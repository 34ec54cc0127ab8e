// "Nothing arrives" is most often a ticker that does not run. Looked at now and then while a consumer waits.
import type { Clock } from "../../clock/index.ts";
import type { Database } from "../database.ts";
import { tickerState, type TickerState } from "../sql-calls/queue-state.ts";
import type { Reporter } from "./reports.ts";

const LOOK_EVERY_MS = 10_000;
const WARN_EVERY_MS = 300_000;
/** A ticker may be late by so much before anybody is told. */
const PATIENCE_MS = 10_000;

export class TickerWatch {
  readonly #database: Database;
  readonly #queue: string;
  readonly #clock: Clock;
  readonly #reporter: Reporter;
  #lookAt: number;
  #warnAt = 0;

  constructor(database: Database, queue: string, clock: Clock, reporter: Reporter) {
    this.#database = database;
    this.#queue = queue;
    this.#clock = clock;
    this.#reporter = reporter;
    this.#lookAt = clock.now() + 1_000;
  }

  /** A batch came: somebody ticks. */
  seen(): void {
    this.#lookAt = this.#clock.now() + LOOK_EVERY_MS;
  }

  /** Called while there is nothing to do. */
  async look(): Promise<void> {
    const now = this.#clock.now();
    if (now < this.#lookAt || now < this.#warnAt) return;
    this.#lookAt = now + LOOK_EVERY_MS;
    const state = await tickerState(this.#database, this.#queue).catch(() => null);
    const trouble = state === null ? null : describeTrouble(state);
    if (trouble === null) return;
    this.#warnAt = now + WARN_EVERY_MS;
    this.#reporter.warn(`queue ${this.#queue}: ${trouble.message}`, trouble.hint);
  }
}

/** null: the ticker does its work, as far as can be seen. */
export function describeTrouble(state: TickerState): { readonly message: string; readonly hint: string } | null {
  const { isPaused, tickAgeMs, idlePeriodMs, maxLagMs, eventsWaiting } = state;
  const age = tickAgeMs === null ? "never" : `${Math.round(tickAgeMs / 1000)} s ago`;
  if (isPaused && eventsWaiting > 0) {
    return {
      message: `the ticker is paused for it, last tick ${age}, so nothing will arrive`,
      hint: "set its setting ticker_paused to false",
    };
  }
  const limit = eventsWaiting > 0 ? Math.max(maxLagMs, 0) + PATIENCE_MS : 3 * idlePeriodMs;
  if (tickAgeMs !== null && tickAgeMs <= limit) return null;
  return {
    message: `nothing ticks, last tick ${age}, so nothing will arrive`,
    hint: "run a ticker: `skytools pgqd config.ini`, or call pgq.ticker() every second",
  };
}
