// What a command is handed: its arguments, where to print, and the world outside.
import type { SkytoolsError } from "../errors/index.ts";
import { toJson } from "./print/json.ts";
import { noTerminal, type Terminal } from "./print/terminal.ts";

export interface TextSink {
  write(text: string): unknown;
}

/** Keys and lines from a person or a pipe. */
export interface TextSource extends AsyncIterable<string | Buffer> {
  readonly isTTY?: boolean;
  setRawMode?(isRaw: boolean): unknown;
  /** Lets go of the input, so that the process can end. */
  destroy?(): unknown;
}

/** The world of a process, given from outside so that commands can be run inside a test. */
export interface CliEnvironment {
  readonly stdout: TextSink;
  readonly stderr: TextSink;
  /** Absent where there is no input. */
  readonly stdin?: TextSource;
  /** What is known of the terminal behind stdout at this moment; nothing is when absent. */
  readonly terminal?: () => Terminal & { readonly height?: number };
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

export interface Output {
  readonly isJson: boolean;
  readonly isQuiet: boolean;
  readonly terminal: Terminal;
  /** The result of the command: `value` as one line of JSON under --json, else `text`. */
  result(value: unknown, text: string | (() => string)): void;
  /** A result that only says that something was done: nothing under --quiet. */
  done(value: unknown, text: string): void;
  /** A remark for a person, on stderr; nothing under --json or --quiet. */
  note(text: string): void;
}

export function output(world: CliEnvironment, options: CommandOptions): Output {
  const isJson = options.flag("json");
  const isQuiet = options.flag("quiet");
  const result = (value: unknown, text: string | (() => string)): void => {
    const line = isJson ? toJson(value) : typeof text === "string" ? text : text();
    if (line !== "") world.stdout.write(line.endsWith("\n") ? line : `${line}\n`);
  };
  return {
    isJson,
    isQuiet,
    terminal: world.terminal?.() ?? noTerminal,
    result,
    done(value, text) {
      if (isJson || !isQuiet) result(value, text);
    },
    note(text) {
      if (!isJson && !isQuiet) world.stderr.write(`${text}\n`);
    },
  };
}

/** `skytools: message` and the hint below it. */
export function formatError(error: SkytoolsError): string {
  const hint = error.hint === undefined ? "" : `HINT: ${error.hint}\n`;
  return `skytools: ${error.message}\n${hint}`;
}
