// Nothing that a benchmark waits for may take for ever: a peer that stands still is a failure, and the others go on.
import { setTimeout as delay } from "node:timers/promises";

/** @throws when `work` takes longer; it may go on then */
export async function within<T>(seconds: number, what: string, work: Promise<T>): Promise<T> {
  const timer = new AbortController();
  const late = delay(seconds * 1000, null, { signal: timer.signal }).then(() => {
    throw new Error(`${what} took longer than ${seconds} s`);
  });
  late.catch(() => undefined); // it is aborted when it is not needed
  try {
    return await Promise.race([work, late]);
  } finally {
    timer.abort();
  }
}
