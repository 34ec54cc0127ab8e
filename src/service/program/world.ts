// Everything outside that a program touches, handed in so that tests can look at it.
import { type Clock, systemClock } from "../../clock/index.ts";
import type { SignalSource } from "../signals.ts";

export interface ProgramWorld {
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown };
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly process: SignalSource;
  readonly clock: Clock;
}

/** The present process. */
export function processWorld(): ProgramWorld {
  return { stdout: process.stdout, stderr: process.stderr, env: process.env, process, clock: systemClock };
}
