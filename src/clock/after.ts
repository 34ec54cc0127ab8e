// A call that comes later, unless it is cancelled: lighter than a sleep for what almost never happens.

/** @returns cancels the call. A call that waits does not keep the process alive when `isUrgent` is false. */
export function callAfter(ms: number, call: () => void, { isUrgent = true } = {}): () => void {
  const timer = setTimeout(call, ms);
  if (!isUrgent) timer.unref();
  return () => clearTimeout(timer);
}
