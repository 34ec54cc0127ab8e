// One description of an option: parser, --help and the reference page are made from it.
import type { DurationUnit, SizeUnit } from "../duration.ts";

export interface OptionTypes {
  readonly text: string;
  readonly int: number;
  readonly bool: boolean;
  /** Milliseconds. */
  readonly duration: number;
  /** Bytes. */
  readonly size: number;
  readonly list: readonly string[];
  /** `k:v, k2` is k → v and k2 → k2. */
  readonly dict: ReadonlyMap<string, string>;
}

export type OptionType = keyof OptionTypes;

interface Common<T extends OptionType> {
  /** snake_case, as in files. The flag is --kebab-case, the variable SKYTOOLS_UPPER_CASE. */
  readonly name: string;
  readonly type: T;
  /** Without a default the option is null when it is not given. In milliseconds and bytes for durations and sizes. */
  readonly default?: OptionTypes[T];
  /** Programs and commands that take it; "all" for every one. */
  readonly programs: readonly string[];
  /** true: a running program takes a new value on SIGHUP. */
  readonly reload?: boolean;
  /** Names of earlier releases; they go on working, with a warning. */
  readonly oldNames?: readonly string[];
  /** true: where both stand, the old name counts, as it did in the old programs. */
  readonly oldNamesWin?: boolean;
  /** One letter for a short flag. */
  readonly short?: string;
  /** What the flag means without a value, as the user would write it; without this a value is required. */
  readonly bare?: string;
  /** What the value is, for --help: `URL`. */
  readonly placeholder?: string;
  /** One sentence without a full stop. */
  readonly doc: string;
  /** Never printed. */
  readonly secret?: boolean;
  /** It must be given. */
  readonly required?: boolean;
  /** Only on the command line: files and variables do not have it. */
  readonly flagOnly?: boolean;
  /** Read and then ignored, with this as the reason; for keys of old files that have no effect any more. */
  readonly ignored?: string;
}

interface TextOption extends Common<"text"> {
  readonly choices?: readonly string[];
  /** It names a file: `~` and `~user` are expanded. */
  readonly path?: boolean;
}

interface RangedOption<T extends "int" | "duration" | "size"> extends Common<T> {
  /** Inclusive; milliseconds and bytes for durations and sizes. */
  readonly min?: number;
  readonly max?: number;
}

interface DurationOption extends RangedOption<"duration"> {
  /** What a plain number means; seconds when left out. */
  readonly unit?: DurationUnit;
}

interface SizeOption extends RangedOption<"size"> {
  /** What a plain number means; bytes when left out. */
  readonly unit?: SizeUnit;
}

export type OptionDefinition =
  TextOption | RangedOption<"int"> | Common<"bool"> | DurationOption | SizeOption | Common<"list"> | Common<"dict">;

/** What an option's value is after parsing: without a default it may be null, unless it is required. */
export type OptionValue<D extends OptionDefinition> = D extends
  { readonly default: unknown } | { readonly required: true }
  ? OptionTypes[D["type"]]
  : OptionTypes[D["type"]] | null;

/** Checks a definition when the program is loaded, and freezes it. */
export function defineOption<const D extends OptionDefinition>(definition: D): D {
  for (const name of [definition.name, ...(definition.oldNames ?? [])]) {
    if (!/^[a-z][a-z0-9]*(?:_[a-z0-9]+)*$/.test(name)) throw new Error(`option name "${name}" is not snake_case`);
  }
  return Object.freeze(definition);
}

/** `--log-level` of `log_level`. */
export function flagName(name: string): string {
  return `--${name.replaceAll("_", "-")}`;
}

/** `SKYTOOLS_LOG_LEVEL` of `log_level`. */
export function variableName(name: string): string {
  return `SKYTOOLS_${name.toUpperCase()}`;
}
