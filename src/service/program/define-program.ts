// A long-running program as data: what it is called, what it takes, and what it runs.
import type { ConfigDialect } from "../config/load-config.ts";
import type { LogFormat } from "../logging/line-formats.ts";
import type { OptionTable, OptionValues } from "../options/resolve-options.ts";
import type { Service } from "./service.ts";
import { serviceOptions } from "./service-options.ts";

export interface ProgramArgument {
  readonly name: string;
  readonly doc: string;
  readonly isOptional?: boolean;
  /** Takes all that follow; only the last one may. */
  readonly isRest?: boolean;
}

/** Keys whose names are not fixed, such as `*_extra_connstr`. */
export interface OpenKeys {
  /** With `*` for any text. */
  readonly pattern: string;
  readonly doc: string;
}

/** What every program has. */
export type ServiceValues = OptionValues<typeof serviceOptions>;
/** The options of a program and those of all services; a program's own definition of a common one wins. */
export type ProgramOptions<T extends OptionTable> = OptionValues<T> & ServiceValues;

export interface ProgramDefinition<T extends OptionTable = OptionTable> {
  /** Name of the command, for --help and --version. */
  readonly name: string;
  readonly version: string;
  readonly summary: string;
  /** Names of its section in files, the present one first. Default: the name. */
  readonly sections?: readonly string[];
  readonly dialect?: ConfigDialect;
  /** optional: it can be configured by flags and variables alone. */
  readonly configFile?: "required" | "optional";
  /** Keys of its own, and flags. */
  readonly options: T;
  readonly openKeys?: readonly OpenKeys[];
  /** What a key does that nobody knows. The old programs let it pass: warn. pgqd did not: error. */
  readonly unknownKeys?: "warn" | "error";
  /** What may follow the configuration file. */
  readonly args?: readonly ProgramArgument[];
  /** Form of log lines unless log_format says otherwise. */
  readonly logFormat?: LogFormat;
  /** -q: only warnings and errors (level), or nothing on standard error but all in the file (console). */
  readonly quiet?: "level" | "console";
  /** pgqd: as in pgqd 3.5, -s, -k and -r end with 0 when there is a pidfile setting but no process. */
  readonly signals?: "pgqd";
  /** true: -d is refused without a logfile. */
  readonly daemonNeedsLogfile?: boolean;
  /** true: missing folders of logfile and pidfile are made at start. */
  readonly makesFolders?: boolean;
  /** true: this run does one thing and ends, beside one that works perhaps: no pidfile, no metrics, no background. */
  isOneShot?(options: ProgramOptions<T>, args: readonly string[]): boolean;
  /**
   * The pidfile of this run where it is not the one of the configuration, or not for one that does one thing; null:
   * none. It is the one that -s, -k and -r look at too.
   */
  pidfileOf?(configured: string, options: ProgramOptions<T>, args: readonly string[]): string | null;
  /** Whether the first word names a configuration file. Default: it does. */
  hasFile?(words: readonly string[]): boolean;
  /** Instead of the common help. */
  help?(words: readonly string[]): string;
  /** Checks what a single option cannot; run at start and before a reload takes effect. @throws SkytoolsError */
  check?(options: ProgramOptions<T>): void;
  /**
   * The program itself. It ends when its work is done or soon after service.signal was aborted. What it throws is
   * logged and becomes the exit status; a number is the exit status.
   */
  run(service: Service<ProgramOptions<T>>): Promise<number | undefined>;
}

/** Gives the compiler a chance to check a program where it is written. */
export function defineProgram<const T extends OptionTable>(definition: ProgramDefinition<T>): ProgramDefinition<T> {
  return definition;
}

export function programTable<T extends OptionTable>(definition: Pick<ProgramDefinition<T>, "options">): OptionTable {
  return { ...serviceOptions, ...definition.options };
}

export function sectionsOf({ name, sections }: Pick<ProgramDefinition, "name" | "sections">): readonly string[] {
  return sections ?? [name];
}
