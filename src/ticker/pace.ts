// How long to wait before the next look at the queues. Pure.
//
// Under traffic a look follows every fast period. The longer nothing has come, the longer the pauses: an eighth of the
// quiet time up to a quarter of a second; after a minute they grow on to the ticker period.

export interface Pace {
  /** Since the last tick that had events, or since the start. */
  readonly quietMs: number;
  /** What the last look took. */
  readonly passMs: number;
  readonly fastPeriodMs: number;
  readonly tickerPeriodMs: number;
}

const QUIET_SHARE = 8;
const QUIET_LIMIT_MS = 250;
const LONG_QUIET_MS = 60_000;
/** Looks at a quiet database take at most 2 % of the time, however many queues it has … */
const QUIET_COST_FACTOR = 50;
/** … and under traffic at most four fifths. */
const BUSY_COST_FACTOR = 0.25;
/** From here on a database counts as quiet. */
export const QUIET_AFTER_MS = 1000;

/** Milliseconds from the end of one look to the start of the next. */
export function lookPauseMs({ quietMs, passMs, fastPeriodMs, tickerPeriodMs }: Pace): number {
  if (fastPeriodMs === 0) return tickerPeriodMs;
  const fastMs = Math.min(fastPeriodMs, tickerPeriodMs);
  const quietPauseMs =
    quietMs < LONG_QUIET_MS
      ? Math.min(quietMs / QUIET_SHARE, QUIET_LIMIT_MS)
      : (QUIET_LIMIT_MS * quietMs) / LONG_QUIET_MS;
  const costMs = passMs * (quietMs < QUIET_AFTER_MS ? BUSY_COST_FACTOR : QUIET_COST_FACTOR);
  return Math.min(tickerPeriodMs, Math.max(fastMs - passMs, quietPauseMs, costMs));
}
