// Runs a program inside the test, with what it prints caught.
import { EventEmitter } from "node:events";
import { type Clock, systemClock } from "../../src/clock/index.ts";
import { type OptionTable, type ProgramDefinition, runProgram } from "../../src/service/index.ts";

export interface ProgramResult {
  readonly status: number;
  readonly stdout: string;
  /** The log too. */
  readonly stderr: string;
}

export interface ProgramHere {
  readonly ended: Promise<ProgramResult>;
  /** As if the process got the signal. */
  signal(name: NodeJS.Signals): void;
}

/** `onLog` gets what goes to stderr, as it comes. */
export function startHere<T extends OptionTable>(
  program: ProgramDefinition<T>,
  argv: readonly string[],
  onLog: (text: string) => void = () => undefined,
  clock: Clock = systemClock,
): ProgramHere {
  let stdout = "";
  let stderr = "";
  const signals = Object.assign(new EventEmitter(), { exit: () => undefined as never });
  const ended = runProgram(program, argv, {
    stdout: { write: (text) => (stdout += text) },
    stderr: {
      write(text) {
        stderr += text;
        onLog(text);
      },
    },
    env: {},
    process: signals,
    clock,
  }).then((status) => ({ status, stdout, stderr }));
  return { ended, signal: (name) => signals.emit(name, name) };
}

export async function runHere<T extends OptionTable>(
  program: ProgramDefinition<T>,
  argv: readonly string[],
  clock: Clock = systemClock,
): Promise<ProgramResult> {
  return await startHere(program, argv, () => undefined, clock).ended;
}
