// Signals of a running program: the first SIGINT or SIGTERM asks it to finish, the second ends it at once, and so does
// the deadline. SIGHUP asks for a reload.
import type { Logger } from "../logging/logger.ts";
import { type SignalSource, type StopSignal, stopSignals } from "../signals.ts";

export interface ProgramSignalOptions {
  readonly source: SignalSource;
  readonly log: Logger;
  /** Milliseconds; 0: no deadline. */
  readonly stopTimeoutMs: () => number;
  readonly onStop: () => void;
  readonly onReload: () => void;
}

/** Exit status of a program that was not given the time to finish. */
const FAST_EXIT = 1;

/** Handles signals until what it returns is called. */
export function handleSignals({ source, log, stopTimeoutMs, onStop, onReload }: ProgramSignalOptions): () => void {
  let deadline: NodeJS.Timeout | undefined;
  let isStopping = false;
  const stop = (name: StopSignal): void => {
    if (isStopping) {
      log.warn({}, name === "SIGINT" ? "Double ^C, fast exit" : `Got ${name} again, fast exit`);
      source.exit(FAST_EXIT);
      return;
    }
    isStopping = true;
    log.info({}, `Got ${name}, shutting down`);
    const timeoutMs = stopTimeoutMs();
    if (timeoutMs > 0) {
      deadline = setTimeout(() => {
        log.error({ stopTimeoutMs: timeoutMs }, "not stopped in time, fast exit");
        source.exit(FAST_EXIT);
      }, timeoutMs);
      deadline.unref();
    }
    onStop();
  };
  const reload = (): void => {
    log.info({}, "Got SIGHUP, re-reading config");
    onReload();
  };
  for (const name of stopSignals) source.on(name, stop);
  source.on("SIGHUP", reload);
  return () => {
    clearTimeout(deadline);
    for (const name of stopSignals) source.off(name, stop);
    source.off("SIGHUP", reload);
  };
}
