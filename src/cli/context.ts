// What a command is handed: its arguments, where to print, and the world outside.
import type { SkytoolsError } from "../errors/index.ts";

export interface TextSink {
  write(text: string): unknown;
}

/** The world of a process, given from outside so that commands can be run inside a test. */
export interface CliEnvironment {
  readonly stdout: TextSink;
  readonly stderr: TextSink;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
}

export interface CommandContext extends CliEnvironment {
  /** In the order of the definition; undefined for an optional one that was left out. */
  readonly args: readonly (string | undefined)[];
  readonly options: CommandOptions;
  readonly out: Output;
}

/** Values of options by their names in the table (snake_case), from the command line or the environment. */
export interface CommandOptions {
  flag(name: string): boolean;
  text(name: string): string | undefined;
}

export interface Output {
  readonly isJson: boolean;
  /** The result of the command: `value` as one line of JSON under --json, else `text`. */
  result(value: unknown, text: string): void;
  /** A remark for a person, on stderr; nothing under --json or --quiet. */
  note(text: string): void;
}

export function output(world: CliEnvironment, options: CommandOptions): Output {
  const isJson = options.flag("json");
  return {
    isJson,
    result(value, text) {
      const line = isJson ? JSON.stringify(value) : text;
      if (line !== "") world.stdout.write(line.endsWith("\n") ? line : `${line}\n`);
    },
    note(text) {
      if (!isJson && !options.flag("quiet")) world.stderr.write(`${text}\n`);
    },
  };
}

/** `skytools: message` and the hint below it. */
export function formatError(error: SkytoolsError): string {
  const hint = error.hint === undefined ? "" : `HINT: ${error.hint}\n`;
  return `skytools: ${error.message}\n${hint}`;
}
