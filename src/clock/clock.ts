// Time and chance, handed to everybody who needs them, so that tests can move the one and fix the other.

export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Waits; ends early, without an error, when the signal is aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** A number from 0 to below 1. */
  random(): number;
}

export interface MonotonicClock extends Clock {
  /** Milliseconds since some moment; goes on evenly when somebody sets the clock. */
  monotonicMs(): number;
}

/** Node's timers take no more than this; longer sleeps are cut into pieces. */
const MAX_TIMER_MS = 2 ** 31 - 1;

export const systemClock: MonotonicClock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
  random: () => Math.random(),
  async sleep(ms, signal) {
    for (let left = ms; left > 0 && signal?.aborted !== true; left -= MAX_TIMER_MS) {
      await pause(Math.min(left, MAX_TIMER_MS), signal);
    }
  },
};

/** Node's own promise of a timer makes an error with a stack when it is aborted, which happens after every statement. */
function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal?.addEventListener("abort", end, { once: true });
  });
}
