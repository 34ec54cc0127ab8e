// A backup counts only when the WAL that it needs is stored: waits until it is.
import type { Clock } from "../../clock/index.ts";
import { SkytoolsError } from "../../errors/index.ts";
import { formatLsn, type WalRange } from "../formats/index.ts";
import type { Repository } from "../repository/index.ts";

export interface WaitForWalOptions {
  readonly timeoutMs: number;
  /** The begun segment counts too: a standby does not finish a segment at the end of a backup. */
  readonly partial: boolean;
  readonly clock: Clock;
  readonly signal?: AbortSignal | undefined;
}

const POLL_MS = 500;

/** @throws BACKUP_FAILED when it does not come in time, ABORTED, STORE_FAILED */
export async function waitForWal(
  { description, wal }: Repository,
  ranges: readonly WalRange[],
  { timeoutMs, partial, clock, signal }: WaitForWalOptions,
): Promise<void> {
  const deadline = clock.now() + timeoutMs;
  for (const { timeline, startLsn, endLsn } of ranges) {
    while (!(await wal.hasRange(timeline, startLsn, endLsn, { partial }))) {
      if (signal?.aborted === true) throw new SkytoolsError("ABORTED", "the backup was stopped by a signal");
      if (clock.now() >= deadline) {
        const range = `${formatLsn(startLsn)} to ${formatLsn(endLsn)} of timeline ${timeline}`;
        throw new SkytoolsError("BACKUP_FAILED", `the WAL from ${range} did not arrive in ${description}`, {
          hint: "start `receive`, look at archive_command in the server's log, or take the backup with wal=include",
        });
      }
      await clock.sleep(Math.min(POLL_MS, deadline - clock.now()), signal);
    }
  }
}
