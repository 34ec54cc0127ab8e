// The position is in the queue's database alone. What the handler does through its `tx` is committed together with the
// end of the batch: exactly once. What it does elsewhere: at least once.
import type { Position } from "../consumer/seam.ts";

/** The default: the position stands in the queue's database alone, and `tx` is the transaction that finishes the batch. */
export function inDatabase(): Position {
  return {
    kind: "inDatabase",
    needsSameBatch: false,
    canRetry: true,
    begin(_batch, queueSession) {
      return Promise.resolve({
        isDone: false,
        tx: queueSession,
        commit: () => Promise.resolve(),
        rollback: () => Promise.resolve(),
      });
    },
  };
}
