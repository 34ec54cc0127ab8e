// -s, -k and -r: a signal to the program that runs, found by its pidfile.
import { reasonOf } from "../../errors/index.ts";
import { readPidfile } from "./pidfile.ts";

export const programSignals = { stop: "SIGINT", kill: "SIGTERM", reload: "SIGHUP" } as const;
export type ProgramSignal = (typeof programSignals)[keyof typeof programSignals];

export interface SignalOutcome {
  readonly isSent: boolean;
  /** There is a pidfile setting, and no process. */
  readonly isGone: boolean;
  /** For standard error. */
  readonly text: string;
}

/** Sends the signal, or says why not. Does not wait for what the program does. @throws PIDFILE when it cannot be read */
export function signalProgram(pidfile: string | null, signal: ProgramSignal): SignalOutcome {
  if (pidfile === null) return notSent("No pidfile in config, nothing to do");
  const state = readPidfile(pidfile);
  if (state.kind === "none") return gone("No pidfile, process not running");
  if (state.kind === "stale") return gone("pidfile exists, but process not running");
  if (state.kind === "garbage") return notSent(`Corrupt pidfile ${pidfile}: it holds no process id`);
  try {
    process.kill(state.pid, signal);
  } catch (error) {
    return notSent(`cannot signal process ${state.pid}: ${reasonOf(error)}`);
  }
  return { isSent: true, isGone: false, text: `${signal} sent` };
}

function notSent(text: string): SignalOutcome {
  return { isSent: false, isGone: false, text };
}

function gone(text: string): SignalOutcome {
  return { isSent: false, isGone: true, text };
}
