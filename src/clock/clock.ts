// Time and chance, handed to everybody who needs them, so that tests can move the one and fix the other.
import { setTimeout as delay } from "node:timers/promises";

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
    try {
      for (let left = ms; left > 0; left -= MAX_TIMER_MS) {
        await delay(Math.min(left, MAX_TIMER_MS), undefined, signal === undefined ? {} : { signal });
      }
    } catch (error) {
      if (signal?.aborted !== true) throw error;
    }
  },
};
