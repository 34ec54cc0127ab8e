// Repeats work that failed for a passing reason, with growing pauses, and says when it gives up.
import { classify, type ErrorAction } from "../postgres/index.ts";
import { reasonOf, SkytoolsError } from "../errors/index.ts";
import { backoffMs, type Clock } from "../clock/index.ts";
import type { Logger } from "./logging/logger.ts";

export interface RetryOptions {
  readonly clock: Clock;
  readonly log: Logger;
  readonly signal?: AbortSignal | undefined;
  /** Tries in all, the first included. Default: without end. */
  readonly maxTries?: number;
  /** Longest pause. */
  readonly maxDelayMs?: number;
  /** What to repeat; default: retry and reconnect. A caller that keeps one connection takes only "retry". */
  readonly actions?: readonly ErrorAction[];
}

/** A server that restarts is back within this; longer pauses only lengthen the outage. */
const DEFAULT_MAX_DELAY_MS = 30_000;

/**
 * Calls `work` until it succeeds, its error is not of the kind that passes, or the tries are used up: then its last
 * error is thrown. @throws ABORTED when the signal ends a pause
 */
export async function retry<T>(work: (tryNumber: number) => Promise<T>, options: RetryOptions): Promise<T> {
  const { clock, log, signal, maxTries = Infinity, actions = ["retry", "reconnect"] } = options;
  for (let tryNumber = 1; ; tryNumber += 1) {
    try {
      return await work(tryNumber);
    } catch (error) {
      const { action, delayMs } = classify(error);
      if (!actions.includes(action)) throw error;
      if (tryNumber >= maxTries) {
        log.error({ tries: tryNumber, action }, "giving up");
        throw error;
      }
      const pauseMs = backoffMs(delayMs, tryNumber, clock.random(), options.maxDelayMs ?? DEFAULT_MAX_DELAY_MS);
      log.warn({ error: reasonOf(error), tries: tryNumber, pauseMs, action }, "failed, will try again");
      await clock.sleep(pauseMs, signal);
      if (signal?.aborted === true) {
        throw new SkytoolsError("ABORTED", "stopped by a signal while waiting to try again", { cause: error });
      }
    }
  }
}
