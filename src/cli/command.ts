// A command as data: what it is called, what it takes, and what it runs. The parser, the help and the reference page
// are made from it.
import type { OptionDefinition } from "../service/index.ts";
import type { CommandContext } from "./context.ts";

export interface CommandArgument {
  readonly name: string;
  readonly doc: string;
  readonly isOptional?: boolean;
}

export interface CommandExample {
  readonly line: string;
  readonly doc: string;
}

export interface CommandDefinition {
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

/** Gives the compiler a chance to check a command where it is written. */
export function command(definition: CommandDefinition): CommandDefinition {
  return definition;
}
