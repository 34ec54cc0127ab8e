// The log of a running program: standard error, the log file, or both. Level, form and file change at a reload; the
// logger that everybody holds stays the same.
import { reasonOf } from "../../errors/index.ts";
import { configError } from "../config/document.ts";
import { LogFile, type LogFileOptions } from "../logging/log-file.ts";
import { type LogFormat } from "../logging/line-formats.ts";
import type { OptionTable } from "../options/resolve-options.ts";
import type { ProgramLine } from "./command-line.ts";
import type { ProgramDefinition, ServiceValues } from "./define-program.ts";
import { createLogger, type Logger, type LogLevel, silentLogger } from "../logging/logger.ts";

export interface LogSettings {
  readonly level: LogLevel;
  readonly format: LogFormat;
  readonly jobName: string;
  readonly logfile: string | null;
  readonly maxBytes: number;
  readonly keep: number;
}

/** What options and switches say about the log. */
export function logSettings<T extends OptionTable>(
  { name, logFormat = "classic", quiet = "level" }: Pick<ProgramDefinition<T>, "name" | "logFormat" | "quiet">,
  { verbosity, isQuiet }: ProgramLine,
  options: ServiceValues,
): LogSettings {
  const { jobName, logfile, logSize, logCount, logLevel, logFormat: chosen } = options;
  const byQuiet = isQuiet && quiet === "level" ? "warn" : (logLevel as LogLevel);
  return {
    level: verbosity > 1 ? "trace" : verbosity === 1 ? "debug" : byQuiet,
    format: (chosen as LogFormat | null) ?? logFormat,
    ...{ jobName: jobName ?? name, logfile, maxBytes: logSize, keep: logCount },
  };
}

export class ProgramLog {
  readonly #writeConsole: ((line: string) => void) | null;
  #file: LogFile | null = null;
  #logger: Logger = silentLogger;

  /** For everybody. */
  readonly logger: Logger = {
    error: (fields, text) => this.#logger.error(fields, text),
    warn: (fields, text) => this.#logger.warn(fields, text),
    info: (fields, text) => this.#logger.info(fields, text),
    debug: (fields, text) => this.#logger.debug(fields, text),
    trace: (fields, text) => this.#logger.trace(fields, text),
  };

  /** null: nothing to standard error. */
  constructor(writeConsole: ((line: string) => void) | null) {
    this.#writeConsole = writeConsole;
  }

  /** Takes settings, new ones too, and opens the file anew. @throws CONFIG_FILE; then nothing has changed */
  apply(settings: LogSettings): void {
    const { level, format, jobName, logfile, maxBytes, keep } = settings;
    this.#open(logfile === null ? null : { path: logfile, maxBytes, keep });
    const fields = format === "json" ? { job: jobName, pid: process.pid } : {};
    this.#logger = createLogger({ level, format, fields, write: (line) => this.#write(line) });
  }

  /** Opens the same file again, for logrotate. */
  reopen(): void {
    this.#file?.reopen();
  }

  close(): void {
    this.#file?.close();
    this.#file = null;
    this.#logger = silentLogger;
  }

  #open(options: LogFileOptions | null): void {
    try {
      if (options === null) this.#file?.close();
      else if (this.#file !== null) this.#file.reopen(options);
      this.#file = options === null ? null : (this.#file ?? new LogFile(options));
    } catch (error) {
      const reason = reasonOf(error);
      throw configError(`cannot open logfile: ${reason}`, "its folder must be there and writable", error);
    }
  }

  #write(line: string): void {
    this.#writeConsole?.(line);
    this.#file?.write(line);
  }
}
