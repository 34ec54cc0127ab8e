// The values of a program's options: flag before environment before file before default.
import { nearestName, SkytoolsError } from "../../errors/index.ts";
import { flagName, type OptionDefinition, type OptionTypes, type OptionValue, variableName } from "./define-option.ts";
import { parseOption } from "./parse-option.ts";

export type OptionTable = Readonly<Record<string, OptionDefinition>>;

/** Keyed as the table is. */
export type OptionValues<T extends OptionTable> = { readonly [K in keyof T]: OptionValue<T[K]> };

/** true stands for a flag without a value. */
export type GivenValues = Readonly<Record<string, string | boolean | readonly string[] | undefined>>;

export interface OptionSources {
  /** By option name (snake_case), as the command line has them. */
  readonly flags?: GivenValues;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** By option name, as a configuration file has them. */
  readonly file?: GivenValues;
  /** How messages name a key of the file; default: the key. */
  readonly fileOrigin?: (name: string) => string;
  /** Told about old names in use. */
  readonly warn?: (text: string) => void;
}

const PREFIX = "SKYTOOLS_";

/**
 * @throws WRONG_USE on a value that an option does not take, and on a flag or key that no option has. Variables are
 * not checked for unknown names: other programs' SKYTOOLS_… may be set as well.
 */
export function resolveOptions<T extends OptionTable>(table: T, sources: OptionSources): OptionValues<T> {
  const options = Object.values(table);
  refuseUnknown(options, sources.flags ?? {}, (name) => `option ${flagName(name)}`);
  refuseUnknown(options, sources.file ?? {}, (name) => `key "${name}"`);
  const entries = Object.entries(table).map(([key, option]) => [key, resolveOption(option, sources)]);
  // The entries are those of the table, each parsed by its own definition.
  return Object.freeze(Object.fromEntries(entries)) as OptionValues<T>;
}

function resolveOption(option: OptionDefinition, sources: OptionSources): OptionTypes[keyof OptionTypes] | null {
  const { name, oldNames = [], oldNamesWin = false } = option;
  const names = oldNamesWin ? [...oldNames, name] : [name, ...oldNames];
  for (const source of sourcesOf(option, sources)) {
    const used = names.find((candidate) => source.value(candidate) !== undefined);
    if (used === undefined) continue;
    const value = source.value(used);
    if (used !== name) sources.warn?.(`"${used}" is an old name: use "${name}"`);
    if (value === undefined || isSwitchedOff(option, value)) break;
    return source.parse(value, source.origin(used));
  }
  if (option.required === true) {
    throw new SkytoolsError("WRONG_USE", `"${option.name}" is not set: ${option.doc}`, {
      hint: `set it in the file, as ${flagName(option.name)}, or as ${variableName(option.name)}`,
    });
  }
  return option.default ?? null;
}

type Given = string | boolean | readonly string[];

interface Source {
  value(name: string): Given | undefined;
  origin(name: string): string;
  parse(value: Given, origin: string): OptionTypes[keyof OptionTypes];
}

/** The strongest first. */
function sourcesOf(option: OptionDefinition, { flags, env, file, fileOrigin }: OptionSources): readonly Source[] {
  const parse = (value: Given, origin: string): OptionTypes[keyof OptionTypes] => parseGiven(option, value, origin);
  const line: Source = { value: (name) => flags?.[name], origin: flagName, parse };
  if (option.flagOnly === true) return [line];
  const isText = (value: Given): value is string => typeof value === "string";
  return [
    line,
    { value: (name) => env?.[variableName(name)], origin: variableName, parse },
    {
      value: (name) => file?.[name],
      origin: (name) => fileOrigin?.(name) ?? name,
      parse: (value, origin) => (isText(value) ? parseFileValue(option, value, origin) : parse(value, origin)),
    },
  ];
}

function parseGiven(option: OptionDefinition, value: Given, origin: string): OptionTypes[keyof OptionTypes] {
  if (typeof value === "string") return parseOption(option, value, origin);
  if (typeof value === "boolean") return option.type === "bool" ? value : parseOption(option, "", origin);
  return option.type === "list" ? value : parseOption(option, value.at(-1) ?? "", origin);
}

/** A file without a name is no file, and no time is no limit: so a line can be switched off by emptying it. */
function isSwitchedOff(option: OptionDefinition, value: Given): boolean {
  if (typeof value !== "string" || value.trim() !== "") return false;
  if (option.type === "text") return option.path === true;
  return ["int", "duration", "size"].includes(option.type) && option.default === undefined;
}

/** The same, but what is wrong is the file, not the call. */
function parseFileValue(option: OptionDefinition, value: string, origin: string): OptionTypes[keyof OptionTypes] {
  try {
    return parseOption(option, value, origin);
  } catch (error) {
    if (!(error instanceof SkytoolsError)) throw error;
    throw new SkytoolsError("CONFIG_FILE", error.message, { hint: error.hint, cause: error });
  }
}

function refuseUnknown(
  options: readonly OptionDefinition[],
  given: GivenValues,
  describe: (name: string) => string,
): void {
  const known = options.flatMap((option) => [option.name, ...(option.oldNames ?? [])]);
  for (const name of Object.keys(given)) {
    if (known.includes(name)) continue;
    const nearest = nearestName(name, known);
    throw new SkytoolsError("WRONG_USE", `unknown ${describe(name)}`, {
      hint: nearest === null ? "--help lists what there is" : `did you mean ${describe(nearest)}?`,
    });
  }
}

/** Variables with our prefix that no option has, with the nearest that one has: for a warning at start. */
export function unknownVariables(
  options: readonly OptionDefinition[],
  env: Readonly<Record<string, string | undefined>>,
): readonly { readonly variable: string; readonly nearest: string | null }[] {
  const known = options.flatMap((option) => [option.name, ...(option.oldNames ?? [])].map(variableName));
  return Object.keys(env)
    .filter((variable) => variable.startsWith(PREFIX) && !known.includes(variable))
    .map((variable) => ({ variable, nearest: nearestName(variable, known) }));
}
