// What a command is handed: its arguments, where to print, and the world outside.
import type { SkytoolsError } from "../errors/index.ts";
import type { Output, Screen } from "../print/index.ts";

/** Keys and lines from a person or a pipe. */
export interface TextSource extends AsyncIterable<string | Buffer> {
  readonly isTTY?: boolean;
  setRawMode?(isRaw: boolean): unknown;
  /** Lets go of the input, so that the process can end. */
  destroy?(): unknown;
}

/** The world of a process, given from outside so that commands can be run inside a test. */
export interface CliEnvironment extends Screen {
  /** Absent where there is no input. */
  readonly stdin?: TextSource;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
}

export interface CommandContext extends CliEnvironment {
  /** In the order of the definition; undefined for an optional one that was left out. */
  readonly args: readonly (string | undefined)[];
  /** Words of a variadic argument. */
  readonly rest: readonly string[];
  readonly options: CommandOptions;
  readonly out: Output;
}

/** Values of options by their names in the table (snake_case), from the command line or the environment. */
export interface CommandOptions {
  flag(name: string): boolean;
  text(name: string): string | undefined;
  /** Of int, duration (milliseconds) and size (bytes). */
  number(name: string): number | undefined;
}

/** `skytools: message` and the hint below it. */
export function formatError(error: SkytoolsError): string {
  const hint = error.hint === undefined ? "" : `HINT: ${error.hint}\n`;
  return `skytools: ${error.message}\n${hint}`;
}
