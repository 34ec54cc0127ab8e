// How often an event that failed is tried again, and when.

/** How often an event that failed is tried again, and when. */
export interface RetryPolicy {
  /** After so many retries the event is exhausted. Default 10. */
  readonly maxRetries?: number;
  /** Before the first retry, milliseconds. Default 10 000. The server counts whole seconds. */
  readonly delayMs?: number;
  /** Each delay is the last one times this. Default 2. */
  readonly factor?: number;
  /** Default one hour. */
  readonly maxDelayMs?: number;
}

export const defaultRetry: Required<RetryPolicy> = {
  maxRetries: 10,
  delayMs: 10_000,
  factor: 2,
  maxDelayMs: 3_600_000,
};

/** @param retries - how often the event was tried again before */
export function retryDelayMs(policy: Required<RetryPolicy>, retries: number): number {
  return Math.min(policy.maxDelayMs, policy.delayMs * policy.factor ** Math.min(retries, 1_000));
}
