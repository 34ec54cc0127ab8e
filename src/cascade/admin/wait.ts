// Waiting for something that a worker or a ticker somewhere else has to do.
import { SkytoolsError } from "../../errors/index.ts";
import type { AdminContext } from "./context.ts";

/** Workers of ours answer in milliseconds, old ones once a second. */
const FIRST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 500;

export interface WaitOptions {
  /** null: for ever. Default: the context's. */
  readonly timeoutMs?: number | null;
  /** How long to pause between two looks at most. */
  readonly pauseMs?: number;
}

/**
 * Asks again and again until the answer is not null.
 * @param what "node2 to reach tick 7", for the error
 * @throws WAIT_TIMEOUT, ABORTED
 */
export async function waitFor<T>(
  { clock, signal, timeoutMs: usual }: Pick<AdminContext, "clock" | "signal" | "timeoutMs">,
  what: string,
  probe: () => Promise<T | null>,
  { timeoutMs = usual, pauseMs: longest = LONGEST_PAUSE_MS }: WaitOptions = {},
): Promise<T> {
  const startedMs = clock.now();
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 1.5, longest)) {
    const answer = await probe();
    if (answer !== null) return answer;
    const leftMs = timeoutMs === null ? Infinity : startedMs + timeoutMs - clock.now();
    if (leftMs <= 0) {
      throw new SkytoolsError("WAIT_TIMEOUT", `waited ${(timeoutMs ?? 0) / 1000} s for ${what}`, {
        hint: "see that the ticker and the workers run, or wait longer: --timeout",
      });
    }
    await clock.sleep(Math.min(pauseMs, leftMs), signal);
    if (signal.aborted) throw new SkytoolsError("ABORTED", `stopped while waiting for ${what}`);
  }
}
