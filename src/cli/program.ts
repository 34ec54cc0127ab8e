// Puts commander together from our commands. commander only matches words; texts and errors are ours.
import { Command, CommanderError, Option } from "commander";
import { nearestName, SkytoolsError } from "../errors/index.ts";
import { commonOptions, flagName, type OptionDefinition, optionHelp, resolveOptions } from "../service/index.ts";
import { expandAbbreviations } from "./abbreviations.ts";
import type { CommandDefinition } from "./command.ts";
import type { CliEnvironment, CommandOptions } from "./context.ts";

export interface Invocation {
  readonly definition: CommandDefinition;
  readonly args: readonly (string | undefined)[];
  readonly options: CommandOptions;
}

/** Options that every command takes. */
export const globalOptions: readonly OptionDefinition[] = [
  commonOptions.db,
  commonOptions.json,
  commonOptions.verbose,
  commonOptions.quiet,
];

const HELP_OPTIONS = ["help", "version"];

/**
 * Finds the command that a command line asks for; null when the line only wanted help or the version, which is then
 * printed. @throws WRONG_USE
 */
export async function parseCommandLine(
  argv: readonly string[],
  commands: readonly CommandDefinition[],
  world: CliEnvironment,
  version: string,
): Promise<Invocation | null> {
  let invocation: Invocation | null = null;
  const program = createProgram(world, version);
  for (const definition of commands) {
    const sub = addCommand(program, definition);
    sub.action(() => {
      invocation = {
        definition,
        args: sub.processedArgs as (string | undefined)[],
        options: optionsOf(sub, definition, world),
      };
    });
  }
  if (argv.length === 0) {
    world.stdout.write(program.helpInformation());
    return null;
  }

  const chosen = commands.find((definition) => argv.includes(definition.name));
  const known = [...globalOptions, ...(chosen?.options ?? [])].map(longName).concat(HELP_OPTIONS);
  try {
    await program.parseAsync(expandAbbreviations(argv, known), { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return null; // help and version were printed
    throw wrongUse(error, known, commands);
  }
  return invocation;
}

function createProgram(world: CliEnvironment, version: string): Command {
  const program = new Command("skytools")
    .description("queues, replication and WAL archiving for PostgreSQL")
    .version(`skytools ${version}`, "--version", "print the version")
    .helpOption("-h, --help", "print this help")
    .helpCommand("help [command]", "print the help of a command")
    .configureHelp({ showGlobalOptions: true })
    .showSuggestionAfterError(false)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void world.stdout.write(text),
      writeErr: () => undefined,
      outputError: () => undefined,
    });
  for (const option of globalOptions) program.addOption(toCommander(option));
  return program;
}

function addCommand(program: Command, definition: CommandDefinition): Command {
  const sub = program.command(definition.name).summary(definition.summary).description(sentence(definition.summary));
  sub.copyInheritedSettings(program).helpOption("-h, --help", "print this help");
  for (const arg of definition.args) sub.argument(arg.isOptional === true ? `[${arg.name}]` : `<${arg.name}>`, arg.doc);
  for (const option of definition.options) sub.addOption(toCommander(option));
  const examples = definition.examples.map(({ line, doc }) => `  ${line}\n      ${doc}`);
  sub.addHelpText("after", `\nExamples:\n${examples.join("\n")}`);
  return sub;
}

function toCommander(option: OptionDefinition): Option {
  const { flags, description } = optionHelp(option);
  return new Option(option.type === "bool" ? flags : flags.replace(/ (\S+)$/, " <$1>"), description);
}

function longName(option: OptionDefinition): string {
  return flagName(option.name).slice(2);
}

function optionsOf(sub: Command, definition: CommandDefinition, world: CliEnvironment): CommandOptions {
  const given = sub.optsWithGlobals<Record<string, string | boolean>>();
  const options = [...globalOptions, ...definition.options];
  const table = Object.fromEntries(options.map((option) => [option.name, option]));
  const flags = Object.fromEntries(options.map((option) => [option.name, givenValue(option, given)]));
  const values: Readonly<Record<string, unknown>> = resolveOptions(table, { flags, env: world.env });
  return {
    flag: (name) => values[name] === true,
    text: (name) => {
      const value = values[name];
      return typeof value === "string" ? value : undefined;
    },
  };
}

/** commander keeps `--no-x` as the opposite of `x`. */
function givenValue(
  option: OptionDefinition,
  given: Readonly<Record<string, string | boolean>>,
): string | boolean | undefined {
  const known = toCommander(option);
  const value = given[known.attributeName()];
  return known.negate ? value === false : value;
}

function sentence(summary: string): string {
  return `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`;
}

function wrongUse(
  error: CommanderError,
  options: readonly string[],
  commands: readonly CommandDefinition[],
): SkytoolsError {
  const word = /'([^']*)'/.exec(error.message)?.[1] ?? "";
  const message = error.message.replace(/^error: /, "");
  const near =
    error.code === "commander.unknownOption"
      ? prefix("--", nearestName(word.replace(/^-+/, "").replace(/=.*$/s, ""), options))
      : error.code === "commander.unknownCommand"
        ? nearestName(
            word,
            commands.map((c) => c.name),
          )
        : null;
  const hint = near === null ? "skytools --help" : `did you mean ${near}?`;
  return new SkytoolsError("WRONG_USE", message, { hint, cause: error });
}

function prefix(start: string, text: string | null): string | null {
  return text === null ? null : start + text;
}
