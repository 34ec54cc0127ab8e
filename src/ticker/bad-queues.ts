// Queues that cannot be ticked are left out, and tried alone now and then. Pure.

export interface BadQueue {
  readonly queue: string;
  /** Failures in a row. */
  readonly failures: number;
  /** When to try it again; monotonic. */
  readonly retryAtMs: number;
}

const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 60_000;

/** The bad queues after a look in which some failed and some recovered. */
export function rememberBadQueues(
  known: readonly BadQueue[],
  failed: readonly { readonly queue: string }[],
  recovered: readonly string[],
  nowMs: number,
): readonly BadQueue[] {
  if (failed.length === 0 && recovered.length === 0) return known;
  const again = failed.map(({ queue }): BadQueue => {
    const failures = (known.find((bad) => bad.queue === queue)?.failures ?? 0) + 1;
    const pauseMs = Math.min(FIRST_PAUSE_MS * 2 ** Math.min(failures - 1, 10), LONGEST_PAUSE_MS);
    return { queue, failures, retryAtMs: nowMs + pauseMs };
  });
  const isSettled = (queue: string): boolean =>
    recovered.includes(queue) || again.some((failure) => failure.queue === queue);
  return [...known.filter(({ queue }) => !isSettled(queue)), ...again];
}

/** Those whose pause is over. */
export function dueForRetry(known: readonly BadQueue[], nowMs: number): readonly string[] {
  return known.filter(({ retryAtMs }) => retryAtMs <= nowMs).map(({ queue }) => queue);
}
