// Waiting for a condition instead of sleeping.
import { setTimeout as delay } from "node:timers/promises";

export interface UntilOptions {
  readonly timeoutMs?: number;
  readonly what?: string;
}

const POLL_MS = 15;

/** Calls `probe` until it gives something other than false, null and undefined, and returns that. */
export async function until<T>(
  probe: () => Promise<T | false | null | undefined> | T | false | null | undefined,
  { timeoutMs = 60_000, what = "condition" }: UntilOptions = {},
): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const result = await probe();
    if (result !== false && result !== null && result !== undefined) return result;
    if (Date.now() > deadline) throw new Error(`${what} not met within ${timeoutMs} ms`);
    await delay(POLL_MS);
  }
}
