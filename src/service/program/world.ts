// Everything outside that a program touches, handed in so that tests can look at it.
import { type Clock, systemClock } from "../../clock/index.ts";
import { type Screen, terminalOf } from "../../print/index.ts";
import type { SignalSource } from "../signals.ts";

export interface ProgramWorld extends Screen {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly process: SignalSource;
  readonly clock: Clock;
}

/** The present process. */
export function processWorld(): ProgramWorld {
  const { stdout, stderr, env } = process;
  const terminal = (): ReturnType<NonNullable<Screen["terminal"]>> => ({
    ...terminalOf(stdout, env),
    ...(stdout.isTTY ? { height: stdout.rows } : {}),
  });
  return { stdout, stderr, terminal, env, process, clock: systemClock };
}
