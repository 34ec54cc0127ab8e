// A command as data: what it is called, what it takes, and what it runs. The parser, the help and the reference page
// are made from it.
import { defineOption, type OptionDefinition } from "../service/index.ts";
import type { CommandContext } from "./context.ts";

export interface CommandArgument {
  readonly name: string;
  readonly doc: string;
  readonly isOptional?: boolean;
  /** Takes all words that are left; only the last argument can. They come in `context.rest`. */
  readonly isVariadic?: boolean;
}

export interface CommandExample {
  readonly line: string;
  readonly doc: string;
}

export interface CommandDefinition {
  /** One word, or the word of a group and one more: `queue create`. */
  readonly name: string;
  readonly summary: string;
  readonly args: readonly CommandArgument[];
  /** Beside those of all commands. */
  readonly options: readonly OptionDefinition[];
  /** At least one. */
  readonly examples: readonly CommandExample[];
  /** Returns the exit status; nothing means 0. */
  run(context: CommandContext): Promise<number | undefined>;
}

/** Commands whose names begin with the same word. */
export interface CommandGroup {
  readonly name: string;
  readonly summary: string;
}

/** Gives the compiler a chance to check a command where it is written. */
export function command(definition: CommandDefinition): CommandDefinition {
  return definition;
}

/** Makes a command repeat itself: add it to the options, and main does the rest. */
export const watchOption = defineOption({
  name: "watch",
  type: "duration",
  min: 100,
  bare: "2s",
  short: "w",
  programs: ["list", "show", "status"],
  doc: "print it again and again, every 2 seconds or as often as told, until Ctrl-C",
});

/** For commands that lose something. */
export const yesOption = defineOption({
  name: "yes",
  type: "bool",
  default: false,
  short: "y",
  programs: ["drop", "unregister", "seek", "skip", "purge"],
  doc: "do it; without this the command only says what would be lost",
});

export function usage({ name, args }: CommandDefinition): string {
  return ["skytools", name, ...args.map(argumentUsage)].join(" ");
}

export function argumentUsage({ name, isOptional = false, isVariadic = false }: CommandArgument): string {
  const word = isVariadic ? `${name}...` : name;
  return isOptional ? `[${word}]` : `<${word}>`;
}
