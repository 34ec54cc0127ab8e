// What a program prints about itself: --help, --version and --ini, all from its definition.
import { flagName, type OptionDefinition } from "../options/define-option.ts";
import { optionHelp } from "../options/help.ts";
import { describeType, formatValue } from "../options/parse-option.ts";
import type { OptionTable } from "../options/resolve-options.ts";
import { programSwitches } from "./command-line.ts";
import { type ProgramDefinition, programTable, sectionsOf } from "./define-program.ts";

type Described = Pick<
  ProgramDefinition,
  "name" | "version" | "summary" | "sections" | "dialect" | "configFile" | "options" | "openKeys" | "args" | "logFormat"
>;

export function versionText({ name, version }: Described): string {
  return `${name} (skytools) ${version}\n`;
}

export function helpText(definition: Described): string {
  const { name, summary, options, args = [], configFile = "required" } = definition;
  const file = configFile === "required" ? "INI" : "[INI]";
  const words = args.map(({ name: word, isOptional, isRest }) => {
    const shown = `${word.toUpperCase()}${isRest === true ? "…" : ""}`;
    return isOptional === true ? ` [${shown}]` : ` ${shown}`;
  });
  const switches = programSwitches.map(({ long, short, takesValue, doc }) => ({
    flags: `${short === undefined ? "" : `-${short}, `}--${long}${takesValue ? " K=V" : ""}`,
    description: doc,
  }));
  const own = Object.values(options).filter(({ ignored }) => ignored === undefined);
  return [
    `usage: ${name} [options] ${file}${words.join("")}`,
    "",
    `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`,
    "",
    ...columns([
      { flags: "INI", description: `configuration file with a section [${sectionsOf(definition)[0] ?? name}]` },
      ...args.map(({ name: word, doc }) => ({ flags: word.toUpperCase(), description: doc })),
    ]),
    "",
    "Options:",
    ...columns(switches),
    ...(own.length === 0 ? [] : ["", `Options of ${name}; those that are not marked * can stand in the file too:`]),
    ...columns(own.map(ownHelp)),
    "",
    "Every other key of the file is an option as well (--loop-delay 5) and a variable (SKYTOOLS_LOOP_DELAY=5);",
    "--ini prints all of them with what they mean.",
    "",
  ].join("\n");
}

function ownHelp(option: OptionDefinition): { readonly flags: string; readonly description: string } {
  const { flags, description } = optionHelp(option);
  return {
    flags: `${flags}${option.flagOnly === true ? " *" : ""}`,
    description: description.replace(/ \[\w+\]$/, ""),
  };
}

const FLAG_WIDTH = 26;

function columns(rows: readonly { readonly flags: string; readonly description: string }[]): readonly string[] {
  return rows.map(({ flags, description }) =>
    flags.length < FLAG_WIDTH
      ? `  ${flags.padEnd(FLAG_WIDTH)} ${description}`
      : `  ${flags}\n${" ".repeat(FLAG_WIDTH + 3)}${description}`,
  );
}

/** A configuration file with all keys, those without effect left out. What --set gave stands in it as set. */
export function sampleConfig<T extends OptionTable>(
  definition: ProgramDefinition<T>,
  overrides: ReadonlyMap<string, string> = new Map(),
): string {
  const table: OptionTable = programTable(definition);
  const isOwn = (option: OptionDefinition): boolean => Object.values(definition.options).includes(option);
  const options = Object.values(table).filter(({ ignored, flagOnly }) => ignored === undefined && flagOnly !== true);
  const shown = options.filter((option) => definition.dialect !== "pgqd" || !PYTHON_ONLY.includes(option.name));
  const ordered = [...shown.filter(isOwn), ...shown.filter((option) => !isOwn(option))];
  const names = ordered.map(({ name }) => name);
  const extra = [...overrides].filter(([key]) => !names.includes(key));
  const write = writerOf(definition);
  return [
    `# Configuration of ${definition.name}: ${definition.summary}.`,
    `# Lines with a # before the key show the default. Every key can also be given as an option (${flagName("loop_delay")} 5)`,
    "# or as a variable (SKYTOOLS_LOOP_DELAY=5); options win over variables, variables over this file.",
    "",
    `[${sectionsOf(definition)[0] ?? definition.name}]`,
    ...ordered.flatMap((option) => ["", ...sampleEntry(option, overrides.get(option.name), write)]),
    ...(definition.openKeys ?? []).flatMap(({ pattern, doc }) => ["", `# ${doc}`, `#${pattern} =`]),
    ...(extra.length === 0 ? [] : ["", ...extra.map(([key, value]) => write(key, value))]),
    "",
  ].join("\n");
}

/** Keys that have no meaning in the dialect of pgqd. */
const PYTHON_ONLY = ["config_format"];

type Write = (key: string, value: string) => string;

function writerOf({ dialect = "python" }: Pick<ProgramDefinition, "dialect">): Write {
  return (key, value) => {
    const written = dialect === "python" ? value.replaceAll("%", "%%").replaceAll("\n", "\n    ") : value;
    return `${key} = ${written}`.trimEnd();
  };
}

function sampleEntry(option: OptionDefinition, override: string | undefined, write: Write): readonly string[] {
  const { name, doc, required = false } = option;
  const value = option.default === undefined ? "" : formatValue(option, option.default);
  const shown = override ?? (required ? describeType(option).replace(/ .*/, "") : value);
  const isSet = override !== undefined || required;
  return [`# ${doc} (${describeType(option)})`, `${isSet ? "" : "#"}${write(name, shown)}`];
}
