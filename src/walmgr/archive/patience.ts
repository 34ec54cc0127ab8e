// What archive-get does when it cannot tell: a standby may be told "not now", it asks again; a recovery to a moment must
// never be told "not there" by mistake, it would end.
import type { Clock } from "../../clock/index.ts";
import { SkytoolsError } from "../../errors/index.ts";

export const exitCodes = { found: 0, absent: 1, cannotTell: 150 } as const;

/** The server logs a failed fetch and, as a standby, tries again by itself; until then we do. */
const STANDBY_PATIENCE_MS = 30_000;
const RECOVERY_PATIENCE_MS = 10_000;
const PAUSE_MS = 1_000;

export interface PatienceOptions {
  readonly get: () => Promise<"found" | "absent">;
  /** standby.signal is in the data directory. */
  readonly isStandby: boolean;
  /** A history file: to a promotion its absence means that the timeline is free. */
  readonly isHistory: boolean;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Default 30 s for a standby, 10 s else. */
  readonly patienceMs?: number | undefined;
  readonly onGivenUp: (error: unknown) => void;
}

/** The exit status for restore_command. */
export async function getPatiently(options: PatienceOptions): Promise<number> {
  const { get, isStandby, isHistory, clock, signal, onGivenUp } = options;
  const limitMs = options.patienceMs ?? (isStandby ? STANDBY_PATIENCE_MS : RECOVERY_PATIENCE_MS);
  const deadline = clock.now() + limitMs;
  for (;;) {
    try {
      return (await get()) === "found" ? exitCodes.found : exitCodes.absent;
    } catch (error) {
      if (error instanceof SkytoolsError && error.code === "WRONG_USE") {
        onGivenUp(error);
        return exitCodes.cannotTell; // asking again does not help, not even a standby
      }
      if (signal.aborted || clock.now() + PAUSE_MS > deadline) {
        onGivenUp(error);
        return isStandby && !isHistory ? exitCodes.absent : exitCodes.cannotTell;
      }
      await clock.sleep(PAUSE_MS, signal);
    }
  }
}
