// From a command line, the environment and a file to the values of a program's options: flag before variable before
// --set before section before [DEFAULT] before default.
import { nearestName, SkytoolsError } from "../../errors/index.ts";
import type { Config } from "../config/config.ts";
import { configError } from "../config/document.ts";
import { emptyConfig, loadConfig } from "../config/load-config.ts";
import type { OptionDefinition } from "../options/define-option.ts";
import { type OptionTable, resolveOptions, unknownVariables } from "../options/resolve-options.ts";
import type { ProgramLine } from "./command-line.ts";
import { type ProgramDefinition, type ProgramOptions, programTable, sectionsOf } from "./define-program.ts";
import { predefinedKeys } from "./service-options.ts";

export interface Settings<T extends OptionTable> {
  readonly options: ProgramOptions<T>;
  readonly config: Config;
  /** null: it runs without a file. */
  readonly file: string | null;
  /** What follows the file. */
  readonly args: readonly string[];
  /** Of this run; null: none. */
  readonly pidfile: string | null;
  /** true: it does one thing and ends. */
  readonly isOneShot: boolean;
  /** For the log: unknown keys, old names, keys without effect. */
  readonly warnings: readonly string[];
}

export type Variables = Readonly<Record<string, string | undefined>>;

/** @throws WRONG_USE, CONFIG_FILE */
export function readSettings<T extends OptionTable>(
  definition: ProgramDefinition<T>,
  line: ProgramLine,
  env: Variables,
): Settings<T> {
  const [file, args] = splitWords(definition, line.words);
  const config = openConfig(definition, file, line.overrides);
  const table: OptionTable = programTable(definition);
  const warnings: string[] = [];
  const values = resolveOptions(table, {
    flags: line.flags,
    env,
    file: fileValues(table, config),
    fileOrigin: (name) => `${config.origin(name)}: key "${name}"`,
    warn: (text) => warnings.push(text),
  });
  warnings.push(...ignoredKeys(table, config, line.flags), ...unknownKeys(definition, table, config, env));
  // Parsed by the definitions of this very table.
  const options = withJobName(values, config) as ProgramOptions<T>;
  definition.check?.(options);
  const isOneShot = definition.isOneShot?.(options, args) === true;
  return { options, config, file, args, pidfile: pidfileOf(definition, options, args, isOneShot), isOneShot, warnings };
}

function pidfileOf<T extends OptionTable>(
  definition: ProgramDefinition<T>,
  options: ProgramOptions<T>,
  args: readonly string[],
  isOneShot: boolean,
): string | null {
  const { pidfile }: { readonly pidfile: string | null } = options;
  if (pidfile === null) return null;
  return definition.pidfileOf === undefined
    ? isOneShot
      ? null
      : pidfile
    : definition.pidfileOf(pidfile, options, args);
}

type Words = Pick<ProgramDefinition, "name" | "args" | "configFile" | "hasFile">;

function splitWords(
  { name, args = [], configFile = "required", hasFile }: Words,
  words: readonly string[],
): readonly [string | null, readonly string[]] {
  if (words.length > 0 && hasFile?.(words) === false) return [null, words];
  const [file = null, ...rest] = words;
  if (file === null && configFile === "required") {
    throw new SkytoolsError("WRONG_USE", "need config file, use --help for help.", {
      hint: `${name} --ini prints one`,
    });
  }
  const needed = args.filter(({ isOptional }) => isOptional !== true).length;
  const isOpen = args.at(-1)?.isRest === true;
  if (rest.length < needed && file !== null) {
    throw new SkytoolsError("WRONG_USE", `missing argument "${args[rest.length]?.name ?? ""}"`, { hint: "see --help" });
  }
  if (rest.length > args.length && !isOpen) {
    throw new SkytoolsError("WRONG_USE", `too many arguments: ${rest.slice(args.length).join(" ")}`, {
      hint: "one configuration file a program; see --help",
    });
  }
  return [file, rest];
}

function openConfig(
  definition: Pick<ProgramDefinition, "name" | "sections" | "dialect">,
  file: string | null,
  overrides: ReadonlyMap<string, string>,
): Config {
  const sections = sectionsOf(definition);
  if (file === null) return emptyConfig(sections[0] ?? definition.name, overrides);
  return loadConfig(file, { dialect: definition.dialect ?? "python", sections, overrides });
}

function fileValues(table: OptionTable, config: Config): Readonly<Record<string, string>> {
  const names = Object.values(table).flatMap(({ name, oldNames = [], ignored, flagOnly }) =>
    ignored === undefined && flagOnly !== true ? [name, ...oldNames] : [],
  );
  const pairs = names.flatMap((name) => {
    const value = config.maybe(name);
    return value === undefined ? [] : [[name, value] as const];
  });
  return Object.fromEntries(pairs);
}

function withJobName(values: Readonly<Record<string, unknown>>, config: Config): object {
  return { ...values, jobName: values["jobName"] ?? config.get("job_name") };
}

/** One notice a reason. */
function ignoredKeys(table: OptionTable, config: Config, flags: ProgramLine["flags"]): readonly string[] {
  const byReason = new Map<string, string[]>();
  for (const { name, ignored } of Object.values(table)) {
    if (ignored === undefined || !(config.has(name) || Object.hasOwn(flags, name))) continue;
    byReason.set(ignored, [...(byReason.get(ignored) ?? []), name]);
  }
  return [...byReason].map(([reason, names]) => `${names.join(", ")}: no effect; ${reason}`);
}

function unknownKeys(
  {
    unknownKeys: policy = "warn",
    openKeys = [],
    dialect = "python",
  }: Pick<ProgramDefinition, "unknownKeys" | "openKeys" | "dialect">,
  table: OptionTable,
  config: Config,
  env: Variables,
): readonly string[] {
  const options = Object.values(table);
  const known = options.flatMap(namesInFile);
  const patterns = openKeys.map(({ pattern }) => patternOf(pattern));
  const isKnown = (key: string): boolean =>
    known.includes(key) ||
    (dialect === "python" && predefinedKeys.includes(key)) ||
    config.isReferredTo(key) ||
    patterns.some((pattern) => pattern.test(key));
  const complaints = config.ownKeys().filter((key) => !isKnown(key));
  if (policy === "error" && complaints[0] !== undefined) throw unknownKey(complaints[0], known, config);
  return [
    ...complaints.map((key) => {
      const { message, hint } = unknownKey(key, known, config);
      return `${message}, ignored${hint === undefined ? "" : `; ${hint}`}`;
    }),
    ...unknownVariables(options, env).flatMap(({ variable, nearest }) =>
      nearest === null ? [] : [`environment variable ${variable} is not known; did you mean ${nearest}?`],
    ),
  ];
}

function namesInFile({ name, oldNames = [], flagOnly }: OptionDefinition): readonly string[] {
  return flagOnly === true ? [] : [name, ...oldNames];
}

function unknownKey(key: string, known: readonly string[], config: Config): SkytoolsError {
  const nearest = nearestName(key, known);
  return configError(
    `${config.origin(key)}: unknown key "${key}"`,
    nearest === null ? undefined : `did you mean "${nearest}"?`,
  );
}

function patternOf(pattern: string): RegExp {
  const parts = pattern.split("*").map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`, "s");
}
