// Makes a program of commands; runAsMain() runs it.
import { exitStatus, SkytoolsError } from "../../errors/index.ts";
import { output, repeat } from "../../print/index.ts";
import {
  defineOption,
  type OptionTable,
  type ProgramDefinition,
  type ProgramOptions,
  type Service,
  type ServiceValues,
} from "../../service/index.ts";
import type { AnyCommand, CommandContext, CommandProgram } from "./define.ts";
import { commandHelp, findCommand, programHelp } from "./help.ts";
import { progressDisplay } from "./progress.ts";

const commonFlags = {
  json: defineOption({
    name: "json",
    type: "bool",
    default: false,
    programs: ["all"],
    flagOnly: true,
    doc: "print the result as one line of JSON",
  }),
} as const;

const watchFlags = {
  watch: defineOption({
    name: "watch",
    type: "duration",
    min: 100,
    bare: "2s",
    programs: ["status"],
    flagOnly: true,
    doc: "print it again and again, every 2 seconds or as often as told, until Ctrl-C",
  }),
} as const;

type Values = ServiceValues & { readonly json: boolean; readonly watch: number | null };

/** Who asks only to see what would happen must not get it done by a command that cannot show it. */
const rehearsals: readonly string[] = ["dry_run", "not_really"];

/**
 * The command of a run is the first word behind the file. Options of other commands are taken, as the old programs took
 * them, with a warning that they have no effect; but not those that promise that nothing is changed.
 */
export function commandProgram(given: CommandProgram): ProgramDefinition & Pick<CommandProgram, "commands"> {
  const program = { ...given, commands: [...given.commands, helpCommand(given)] };
  const { keys = {}, commands, openKeys, sections, unknownKeys, logFormat, dialect, check, makesFolders } = program;
  const tables = [keys, ...commands.flatMap((command) => [command.keys ?? {}, command.flags ?? {}])];
  const options = merged([...tables, commonFlags, watchFlags]);
  const find = (args: readonly string[]): AnyCommand => findCommand(commands, args[0] ?? "");
  return {
    ...{ name: program.name, version: program.version, summary: program.summary, options },
    commands: given.commands,
    ...(sections === undefined ? {} : { sections }),
    ...(openKeys === undefined ? {} : { openKeys }),
    ...(unknownKeys === undefined ? {} : { unknownKeys }),
    ...(logFormat === undefined ? {} : { logFormat }),
    ...(dialect === undefined ? {} : { dialect }),
    ...(check === undefined ? {} : { check }),
    ...(makesFolders === undefined ? {} : { makesFolders }),
    args: [
      { name: "command", doc: "what to do; help lists them" },
      { name: "arguments", doc: "of the command", isOptional: true, isRest: true },
    ],
    hasFile: (words) => hasFile(program, words),
    help: (words) => helpFor(program, words),
    isOneShot: (_, args) => find(args).isDaemon !== true,
    pidfileOf: (configured, _, args) => pidfileOf(find(args), configured, args.slice(1)),
    run: (service) => runCommand(program, service),
  };
}

const HELP = "help";

function hasFile({ name, commands }: CommandProgram, words: readonly string[]): boolean {
  const [word = ""] = words;
  const command = commands.find((one) => one.name === word);
  if (command === undefined) return true;
  if (command.needsFile === false) return false;
  throw new SkytoolsError("WRONG_USE", "need config file, use --help for help.", {
    hint: `it stands before the command: ${name} conf.ini ${word}`,
  });
}

function helpCommand(program: CommandProgram): AnyCommand {
  return {
    name: HELP,
    summary: "print the help of a command",
    args: [{ name: "command", doc: "which one", isOptional: true }],
    needsFile: false,
    examples: [{ line: `help ${program.commands[0]?.name ?? HELP}`, doc: "its options" }],
    run({ args, out }) {
      const text = helpFor(program, [HELP, ...args]);
      out.result({ help: text }, text);
      return Promise.resolve(undefined);
    },
  };
}

/** `help COMMAND`, `COMMAND --help` and `conf.ini COMMAND --help`. */
function helpFor(program: CommandProgram, words: readonly string[]): string {
  const isKnown = (word: string): boolean => program.commands.some(({ name }) => name === word);
  const rest = words[0] === HELP ? words.slice(1) : words;
  const word = rest.find(isKnown) ?? (words[0] === HELP ? rest[0] : rest[1]);
  if (word === undefined || word === HELP) return programHelp(program);
  const command = findCommand(program.commands, word);
  return commandHelp(program, command, flagsOf(command));
}

function flagsOf(command: AnyCommand): OptionTable {
  return { ...command.flags, ...commonFlags, ...(command.isWatchable === true ? watchFlags : {}) };
}

function pidfileOf({ isDaemon, pidfile }: AnyCommand, configured: string, args: readonly string[]): string | null {
  if (isDaemon === true && pidfile === undefined) return configured;
  if (pidfile === undefined) return null;
  return `${configured}.${typeof pidfile === "string" ? pidfile : pidfile(args)}`;
}

async function runCommand(program: CommandProgram, service: Service<ProgramOptions<OptionTable>>): Promise<number> {
  const { screen, args, log, clock, signal, isQuiet } = service;
  const [word = "", ...rest] = args;
  const command = findCommand(program.commands, word);
  checkArguments(command, rest);
  checkForeignFlags(command, program, service);
  // Parsed by the merged table.
  const values = service.options as unknown as Values;
  const choice = { isJson: values.json, isQuiet };
  const once = async (world: typeof screen): Promise<number> => {
    const context: CommandContext<OptionTable, OptionTable> = {
      service,
      options: service.options,
      args: rest,
      out: output(world, choice),
      progress: (title) =>
        progressDisplay({ title, screen: world, log, clock, isQuiet: isQuiet || (values.json && isOnTerminal(world)) }),
    };
    return (await command.run(context)) ?? exitStatus.done;
  };
  if (command.isWatchable !== true || values.watch === null) return await once(screen);
  return await repeat({ ...screen, signal }, values.watch, `${program.name} ${word}`, once);
}

/** Beside JSON a bar would be in the way of who looks at it. */
function isOnTerminal({ terminal }: Service<unknown>["screen"]): boolean {
  return (terminal?.().width ?? null) !== null;
}

/** @throws WRONG_USE */
function checkArguments({ name, args = [] }: AnyCommand, given: readonly string[]): void {
  const least = args.filter(({ isOptional }) => isOptional !== true).length;
  const isOpen = args.at(-1)?.isRest === true;
  if (given.length >= least && (isOpen || given.length <= args.length)) return;
  const names = args.map((arg) => arg.name).join(" ");
  const expected = least === args.length && !isOpen ? String(least) : `${least} or more`;
  throw new SkytoolsError(
    "WRONG_USE",
    `command '${name}' got ${given.length} args, but expects ${expected}: ${names}`,
    {
      hint: `see help ${name}`,
    },
  );
}

/** @throws WRONG_USE */
function checkForeignFlags(
  command: AnyCommand,
  { commands }: CommandProgram,
  { flagsGiven, log }: Pick<Service<unknown>, "flagsGiven" | "log">,
): void {
  const namesOf = (table: OptionTable): readonly string[] => Object.values(table).map(({ name }) => name);
  const own = namesOf(flagsOf(command));
  const foreign = new Set(commands.flatMap(({ flags = {} }) => namesOf(flags)));
  for (const name of flagsGiven) {
    if (own.includes(name) || !foreign.has(name)) continue;
    const flag = `--${name.replaceAll("_", "-")}`;
    if (rehearsals.includes(name)) {
      throw new SkytoolsError("WRONG_USE", `${command.name} cannot show what it would do: ${flag} is refused`, {
        hint: "nothing was changed",
      });
    }
    log.warn({}, `${flag} has no effect on ${command.name}`);
  }
}

/** Several commands may have the same option; it must mean the same to the parser. */
function merged(tables: readonly OptionTable[]): OptionTable {
  const table: Record<string, OptionTable[string]> = {};
  for (const [key, option] of tables.flatMap((one) => Object.entries(one))) {
    const before = table[key];
    if (before !== undefined && before !== option && !isAlike(before, option)) {
      throw new Error(`option ${option.name} is defined in two ways`);
    }
    table[key] ??= option;
  }
  return table;
}

function isAlike(a: OptionTable[string], b: OptionTable[string]): boolean {
  const shape = ({ name, type, default: value, bare, short, flagOnly }: OptionTable[string]): string =>
    JSON.stringify([name, type, value, bare, short, flagOnly]);
  return shape(a) === shape(b);
}
