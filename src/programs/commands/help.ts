// Texts of a program with commands: all of them in one list, or one with its options and examples.
import { nearestName, SkytoolsError } from "../../errors/index.ts";
import { optionHelp, type OptionTable, type ProgramArgument, programSwitches } from "../../service/index.ts";
import type { AnyCommand, CommandProgram } from "./define.ts";

/** @throws WRONG_USE */
export function findCommand(commands: readonly AnyCommand[], word: string): AnyCommand {
  const wanted = word.replaceAll("_", "-");
  const found = commands.find(({ name, oldNames = [] }) => name === wanted || oldNames.includes(word));
  if (found !== undefined) return found;
  const near = nearestName(
    wanted,
    commands.map(({ name }) => name),
  );
  throw new SkytoolsError("WRONG_USE", `bad subcommand: ${word}`, {
    hint: near === null ? "see --help for the list" : `did you mean ${near}?`,
  });
}

export function programHelp(program: CommandProgram): string {
  const { name, summary, commands, helpNote } = program;
  const shown = commands.filter(({ isInternal }) => isInternal !== true);
  return [
    `usage: ${name} [options] INI COMMAND [arguments]`,
    "",
    sentence(summary),
    "",
    "Commands:",
    ...columns(shown.map((command) => [commandUsage(command), command.summary])),
    "",
    "Options of all commands:",
    ...columns(switchHelp()),
    "",
    `${name} help COMMAND (or --help behind a command) prints its options and examples. Every key of the file is an option`,
    "too (--loop-delay 5) and a variable (SKYTOOLS_LOOP_DELAY=5); --ini prints all of them with what they mean.",
    ...(helpNote === undefined ? [] : ["", helpNote]),
    "",
  ].join("\n");
}

export function commandHelp(program: CommandProgram, command: AnyCommand, flags: OptionTable): string {
  const { name } = program;
  const { args = [], examples = [], needsFile } = command;
  const options = Object.values(flags).filter(({ ignored }) => ignored === undefined);
  return [
    `usage: ${name} [options] ${needsFile === false ? "[INI]" : "INI"} ${commandUsage(command)}`,
    "",
    sentence(command.summary),
    ...(args.length === 0 ? [] : ["", ...columns(args.map(({ name: word, doc }) => [word.toUpperCase(), doc]))]),
    "",
    "Options:",
    ...columns(options.map((option) => pair(optionHelp(option)))),
    ...columns(switchHelp()),
    ...(examples.length === 0 ? [] : ["", "Examples:"]),
    ...examples.flatMap(({ line, doc }) => [`  ${name} ${line}`, `      ${doc}`]),
    "",
  ].join("\n");
}

function commandUsage({ name, args = [] }: AnyCommand): string {
  return [name, ...args.map(argumentUsage)].join(" ");
}

function argumentUsage({ name, isOptional, isRest }: ProgramArgument): string {
  const word = `${name.toUpperCase()}${isRest === true ? "…" : ""}`;
  return isOptional === true ? `[${word}]` : word;
}

function switchHelp(): readonly (readonly [string, string])[] {
  return programSwitches.map(({ long, short, takesValue, doc }) => [
    `${short === undefined ? "" : `-${short}, `}--${long}${takesValue ? " K=V" : ""}`,
    doc,
  ]);
}

function pair({ flags, description }: { readonly flags: string; readonly description: string }): [string, string] {
  return [flags, description];
}

const WIDTH = 30;

function columns(rows: readonly (readonly [string, string])[]): readonly string[] {
  return rows.map(([left, right]) =>
    left.length < WIDTH ? `  ${left.padEnd(WIDTH)} ${right}` : `  ${left}\n${" ".repeat(WIDTH + 3)}${right}`,
  );
}

function sentence(summary: string): string {
  return `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`;
}
