// Numbers of a ticker and the line that sums them up. Pure.
import type { Counters } from "./site.ts";

export function noCounters(): Counters {
  return { ticks: 0, ticksMade: 0, maint: 0, retry: 0, delayed: 0, errors: 0 };
}

export function addCounters(a: Counters, b: Counters): Counters {
  return combine(a, b, (x, y) => x + y);
}

export function subtractCounters(a: Counters, b: Counters): Counters {
  return combine(a, b, (x, y) => x - y);
}

/** Source: pgqd 3.5. `ticks` counts looks at the queues, as its calls of pgq.ticker() were. */
export function statsLine({ ticks, maint, retry, delayed }: Counters): string {
  return `{ticks: ${ticks}, maint: ${maint}, retry: ${retry + delayed}}`;
}

function combine(a: Counters, b: Counters, of: (x: number, y: number) => number): Counters {
  return {
    ticks: of(a.ticks, b.ticks),
    ticksMade: of(a.ticksMade, b.ticksMade),
    maint: of(a.maint, b.maint),
    retry: of(a.retry, b.retry),
    delayed: of(a.delayed, b.delayed),
    errors: of(a.errors, b.errors),
  };
}
