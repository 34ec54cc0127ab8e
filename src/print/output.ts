// Where results go: text for people, or one line of JSON for programs.
import { toJson } from "./json.ts";
import { noTerminal, type Terminal } from "./terminal.ts";

export interface TextSink {
  write(text: string): unknown;
}

/** The two outputs of a process, given from outside so that commands can be run inside a test. */
export interface Screen {
  readonly stdout: TextSink;
  readonly stderr: TextSink;
  /** What is known of the terminal behind stdout at this moment; nothing is when absent. */
  readonly terminal?: () => Terminal & { readonly height?: number };
}

export interface OutputChoice {
  readonly isJson: boolean;
  readonly isQuiet: boolean;
}

export interface Output extends OutputChoice {
  readonly terminal: Terminal;
  /** The result of the command: `value` as one line of JSON under --json, else `text`. */
  result(value: unknown, text: string | (() => string)): void;
  /** A result that only says that something was done: nothing under --quiet. */
  done(value: unknown, text: string): void;
  /** A remark for a person, on stderr; nothing under --json or --quiet. */
  note(text: string): void;
}

export function output(screen: Screen, { isJson, isQuiet }: OutputChoice): Output {
  const result = (value: unknown, text: string | (() => string)): void => {
    const line = isJson ? toJson(value) : typeof text === "string" ? text : text();
    if (line !== "") screen.stdout.write(line.endsWith("\n") ? line : `${line}\n`);
  };
  return {
    isJson,
    isQuiet,
    terminal: screen.terminal?.() ?? noTerminal,
    result,
    done(value, text) {
      if (isJson || !isQuiet) result(value, text);
    },
    note(text) {
      if (!isJson && !isQuiet) screen.stderr.write(`${text}\n`);
    },
  };
}
