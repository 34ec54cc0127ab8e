// Says that a worker lives while it works on a batch, over another connection than the one with the batch's transaction.
import type { Clock } from "../../clock/index.ts";
import { SkytoolsError } from "../../errors/index.ts";
import type { BatchHold, BatchInfo } from "../consumer/seam.ts";

export interface HeartbeatOptions {
  readonly clock: Clock;
  readonly intervalMs: number;
  /** One sign of life. @returns false when somebody else has the batch. Failures are tried again next time. */
  readonly beat: () => Promise<boolean>;
}

/** The first sign is given after one interval: short batches need none. */
export function holdByHeartbeat(batch: BatchInfo, { clock, intervalMs, beat }: HeartbeatOptions): BatchHold {
  const stop = new AbortController();
  const lost = new AbortController();

  async function loop(): Promise<void> {
    for (;;) {
      await clock.sleep(intervalMs, stop.signal);
      if (stop.signal.aborted) return;
      const isOurs = await beat().catch(() => true);
      if (isStopped()) return;
      if (!isOurs) {
        lost.abort(lostBatch(batch));
        return;
      }
    }
  }
  // the signal changes while we wait, which the compiler does not know
  const isStopped = (): boolean => stop.signal.aborted;

  void loop();
  return {
    lost: lost.signal,
    // A sign that is under way is not waited for: it may itself wait for the connection that our caller gives back next.
    release() {
      stop.abort();
      return Promise.resolve();
    },
  };
}

/** The group took the batch away from this worker. */
export function lostBatch(batch: BatchInfo, cause?: unknown): SkytoolsError {
  return new SkytoolsError(
    "BATCH_LOST",
    `batch ${batch.id} of consumer ${batch.consumer} on queue ${batch.queue} was given to another worker, or finished`,
    {
      hint: "this worker gave no sign of life for longer than the dead interval; what it did in the transaction is rolled back",
      cause,
    },
  );
}
