// Waiting for work that need not look at a signal.
import { SkytoolsError } from "../../errors/index.ts";

export function stopped(cause?: unknown): SkytoolsError {
  return new SkytoolsError("ABORTED", "the work on a batch was stopped; it is rolled back and comes again", { cause });
}

/** The work goes on in the background when it does not look at the signal; its session is ended under it. @throws ABORTED */
export async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  work.catch(() => undefined);
  if (signal.aborted) throw stopped(signal.reason);
  let abort: () => void = () => undefined;
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(stopped(signal.reason));
    signal.addEventListener("abort", abort, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}
