// A call that comes later, unless it is cancelled: lighter than a sleep for what almost never happens.

/** @returns cancels the call. A call that waits does not keep the process alive when `isUrgent` is false. */
export function callAfter(ms: number, call: () => void, { isUrgent = true } = {}): () => void {
  const timer = setTimeout(call, ms);
  if (!isUrgent) timer.unref();
  return () => clearTimeout(timer);
}

/** Calls so long after the abort, or after now when that has been. @returns cancels the call */
export function callAfterAbort(signal: AbortSignal, ms: number, call: () => void): () => void {
  let cancel: () => void = () => undefined;
  const begin = (): void => void (cancel = callAfter(ms, call));
  if (signal.aborted) begin();
  else signal.addEventListener("abort", begin, { once: true });
  return () => {
    signal.removeEventListener("abort", begin);
    cancel();
  };
}
