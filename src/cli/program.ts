// Puts commander together from our commands. commander only matches words; texts and errors are ours.
import { Command, CommanderError, Option } from "commander";
import { nearestName, SkytoolsError } from "../errors/index.ts";
import { commonOptions, flagName, type OptionDefinition, optionHelp } from "../service/index.ts";
import { expandAbbreviations } from "./abbreviations.ts";
import { argumentUsage, type CommandDefinition, type CommandGroup } from "./command.ts";
import type { CliEnvironment, CommandOptions } from "./context.ts";
import { commandOptions, givenValue } from "./given-options.ts";

export interface Invocation {
  readonly definition: CommandDefinition;
  readonly args: readonly (string | undefined)[];
  readonly rest: readonly string[];
  readonly options: CommandOptions;
}

export interface CommandTable {
  readonly commands: readonly CommandDefinition[];
  readonly groups: readonly CommandGroup[];
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
  table: CommandTable,
  world: CliEnvironment,
  version: string,
): Promise<Invocation | null> {
  let invocation: Invocation | null = null;
  const program = createProgram(world, version);
  const groups = new Map(table.groups.map((group) => [group.name, addGroup(program, group, world)]));
  for (const definition of table.commands) {
    const [first = "", second] = definition.name.split(" ");
    const parent = second === undefined ? program : (groups.get(first) ?? program);
    const sub = addCommand(parent, definition, second ?? first);
    sub.action(() => {
      const words = sub.processedArgs as (string | readonly string[] | undefined)[];
      const given = sub.optsWithGlobals<Record<string, string | boolean>>();
      const options = [...globalOptions, ...definition.options];
      invocation = {
        definition,
        args: words.filter((word): word is string | undefined => typeof word !== "object"),
        rest: words.find((word): word is readonly string[] => typeof word === "object") ?? [],
        options: commandOptions(options, (option) => givenValue(option, toCommander(option), given), world.env),
      };
    });
  }
  if (argv.length === 0) {
    world.stdout.write(program.helpInformation());
    return null;
  }

  const chosen = chosenCommand(argv, table.commands);
  const known = [...globalOptions, ...(chosen?.options ?? [])].map(longName).concat(HELP_OPTIONS);
  try {
    await program.parseAsync(expandAbbreviations(argv, known), { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return null; // help and version were printed
    throw wrongUse(error, known, argv, table);
  }
  return invocation;
}

/** The command whose words come first in the line. */
function chosenCommand(argv: readonly string[], commands: readonly CommandDefinition[]): CommandDefinition | null {
  for (let i = 0; i < argv.length; i += 1) {
    const found = commands.find(({ name }) => name === argv[i] || name === `${argv[i] ?? ""} ${argv[i + 1] ?? ""}`);
    if (found !== undefined) return found;
  }
  return null;
}

function createProgram(world: CliEnvironment, version: string): Command {
  const program = new Command("skytools")
    .description("queues, replication and WAL archiving for PostgreSQL")
    .version(`skytools ${version}`, "--version", "print the version")
    .helpOption("-h, --help", "print this help")
    .helpCommand("help [command...]", "print the help of a command")
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

function addGroup(program: Command, { name, summary }: CommandGroup, world: CliEnvironment): Command {
  const group = program.command(name).summary(summary).description(sentence(summary)).usage("<command> [options]");
  group.copyInheritedSettings(program).helpOption("-h, --help", "print this help").helpCommand(false);
  group.argument("[command]").action((word?: string) => {
    if (word !== undefined)
      throw new CommanderError(1, "commander.unknownCommand", `unknown command '${name} ${word}'`);
    world.stdout.write(group.helpInformation());
  });
  return group;
}

function addCommand(parent: Command, definition: CommandDefinition, word: string): Command {
  const sub = parent.command(word).summary(definition.summary).description(sentence(definition.summary));
  sub.copyInheritedSettings(parent).helpOption("-h, --help", "print this help");
  for (const arg of definition.args) sub.argument(argumentUsage(arg), arg.doc);
  for (const option of definition.options) sub.addOption(toCommander(option));
  const examples = definition.examples.map(({ line, doc }) => `  ${line}\n      ${doc}`);
  sub.addHelpText("after", `\nExamples:\n${examples.join("\n")}`);
  return sub;
}

function toCommander(option: OptionDefinition): Option {
  const { flags, description } = optionHelp(option);
  const isBracketed = option.type === "bool" || option.bare !== undefined;
  return new Option(isBracketed ? flags : flags.replace(/ (\S+)$/, " <$1>"), description);
}

function longName(option: OptionDefinition): string {
  return flagName(option.name).slice(2);
}

function sentence(summary: string): string {
  return `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`;
}

function wrongUse(
  error: CommanderError,
  options: readonly string[],
  argv: readonly string[],
  table: CommandTable,
): SkytoolsError {
  const message = error.message.replace(/^error: /, "");
  const word = /'([^']*)'/.exec(message)?.[1] ?? "";
  const near =
    error.code === "commander.unknownOption"
      ? prefix("--", nearestName(word.replace(/^-+/, "").replace(/=.*$/s, ""), options))
      : error.code === "commander.unknownCommand"
        ? nearestCommand(word, table)
        : null;
  const command = chosenCommand(argv, table.commands);
  const help = command === null ? "skytools --help" : `skytools ${command.name} --help`;
  const hint = near === null ? help : `did you mean ${near}?`;
  return new SkytoolsError("WRONG_USE", message, { hint, cause: error });
}

/** Within a group the second word is compared, so that a wrong one never leads to another group. */
function nearestCommand(word: string, { commands, groups }: CommandTable): string | null {
  const group = groups.find(({ name }) => word.startsWith(`${name} `))?.name;
  if (group === undefined) {
    return nearestName(
      word,
      [...commands, ...groups].map(({ name }) => name),
    );
  }
  const seconds = commands
    .filter(({ name }) => name.startsWith(`${group} `))
    .map(({ name }) => name.split(" ")[1] ?? "");
  return prefix(`${group} `, nearestName(word.slice(group.length + 1), seconds));
}

function prefix(start: string, text: string | null): string | null {
  return text === null ? null : start + text;
}
