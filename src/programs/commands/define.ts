// A program with commands as data: `PROGRAM conf.ini COMMAND words`. Parser, help and reference are made from it; what
// the commands share (file, log, pidfile, connections, signals) is that of all programs.
import type { Output } from "../../print/index.ts";
import type {
  OptionTable,
  OptionValues,
  ProgramArgument,
  ProgramDefinition,
  Service,
  ServiceValues,
} from "../../service/index.ts";
import type { NoOptions } from "../consumer/options.ts";
import type { ProgressDisplay } from "./progress.ts";

export interface CommandContext<K extends OptionTable = NoOptions, F extends OptionTable = NoOptions> {
  readonly service: Service<CommandValues<K, F>>;
  /** Values of keys and flags when the command began. */
  readonly options: CommandValues<K, F>;
  /** The words behind the command. */
  readonly args: readonly string[];
  readonly out: Output;
  /** Shows how far a long work is: a bar on a terminal, a log line now and then elsewhere, nothing with -q. */
  progress(title: string): ProgressDisplay;
}

export type CommandValues<K extends OptionTable, F extends OptionTable> = OptionValues<K> &
  OptionValues<F> &
  ServiceValues;

export interface CommandExample {
  /** Without the program's name: `conf.ini add-table public.orders`. */
  readonly line: string;
  readonly doc: string;
}

export interface ProgramCommand<K extends OptionTable = NoOptions, F extends OptionTable = NoOptions> {
  readonly name: string;
  /** Other names that it goes by. */
  readonly oldNames?: readonly string[];
  /** Lower case, no full stop. */
  readonly summary: string;
  readonly args?: readonly ProgramArgument[];
  /** Keys of the file that it reads; the program has them all. */
  readonly keys?: K;
  /** Options of its own, which do not stand in files: flagOnly. --json is there for all. */
  readonly flags?: F;
  readonly examples?: readonly CommandExample[];
  /** true: it works until it is stopped: -d, the pidfile of the configuration, metrics. */
  readonly isDaemon?: boolean;
  /**
   * Runs of the same name exclude each other: added to the pidfile's name behind a dot, `admin` for `pidfile.admin`.
   * Without it a command takes no pidfile.
   */
  readonly pidfile?: string | ((args: readonly string[]) => string);
  /** false: it may be called without a configuration file. */
  readonly needsFile?: boolean;
  /** true: --watch repeats it. */
  readonly isWatchable?: boolean;
  /** Called by other programs, not by people: not in --help. */
  readonly isInternal?: boolean;
  /** @returns the exit status; nothing means 0 */
  run(context: CommandContext<K, F>): Promise<number | undefined>;
}

/** A command whose own options nobody needs to know any more. */
export type AnyCommand = ProgramCommand<OptionTable, OptionTable>;

/** Gives the compiler a chance to check a command where it is written; the program puts its tables into its own. */
export function programCommand<const K extends OptionTable = NoOptions, const F extends OptionTable = NoOptions>(
  command: ProgramCommand<K, F>,
): AnyCommand {
  return command;
}

export type CommandProgram = Pick<
  ProgramDefinition,
  | "name"
  | "version"
  | "summary"
  | "sections"
  | "openKeys"
  | "unknownKeys"
  | "logFormat"
  | "dialect"
  | "check"
  | "makesFolders"
> & {
  /** Keys that commands share, in the order of --ini. */
  readonly keys?: OptionTable;
  readonly commands: readonly AnyCommand[];
  /** More text at the end of --help. */
  readonly helpNote?: string;
};
