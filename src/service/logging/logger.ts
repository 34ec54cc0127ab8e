// The five-method logger that everybody is handed; pino behind it in programs, nothing behind it in tests.
import { pino } from "pino";
import { SkytoolsError } from "../../errors/index.ts";
import { formatLine, type LogFormat } from "./line-formats.ts";
import { redact, redactedReason } from "./redact.ts";

export type LogMethod = (fields: object, text: string) => void;

/**
 * Fields first, constant text second. An error goes into the field `error`, which tells its code, message and hint.
 * error: somebody must act. warn: will need it, or data was skipped. info: a change of state. debug: every batch.
 * trace: every event.
 */
export interface Logger {
  readonly error: LogMethod;
  readonly warn: LogMethod;
  readonly info: LogMethod;
  readonly debug: LogMethod;
  readonly trace: LogMethod;
}

export const logLevels = ["error", "warn", "info", "debug", "trace"] as const;
export type LogLevel = (typeof logLevels)[number] | "silent";

export interface LoggerOptions {
  readonly level: LogLevel;
  /** text: one line for people. json: one object a line. classic, pgqd: as the old programs wrote them. */
  readonly format: LogFormat;
  /** Fields of every line, e.g. the program's name. */
  readonly fields?: object;
  /** Takes whole lines; standard error when left out. */
  readonly write?: (line: string) => void;
}

/** A logger that writes each line before the call returns: a command that ends loses none. */
export function createLogger({ level, format, fields, write = writeToStderr }: LoggerOptions): Logger {
  const destination = { write: (line: string) => write(format === "json" ? line : formatLine(format, line)) };
  const log = pino(
    {
      ...{ level, base: fields ?? null, timestamp: pino.stdTimeFunctions.isoTime, formatters: { level: label } },
      serializers: { error: spoken },
    },
    destination,
  );
  return {
    error: (f, text) => log.error(f, text),
    warn: (f, text) => log.warn(f, text),
    info: (f, text) => log.info(f, text),
    debug: (f, text) => log.debug(f, text),
    trace: (f, text) => log.trace(f, text),
  };
}

const nothing: LogMethod = () => undefined;

export const silentLogger: Logger = { error: nothing, warn: nothing, info: nothing, debug: nothing, trace: nothing };

function label(name: string): object {
  return { level: name };
}

/** JSON has nothing of an error's message. */
function spoken(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  if (!(error instanceof SkytoolsError)) return redactedReason(error);
  const hint = error.hint === undefined ? "" : `; ${redact(error.hint)}`;
  return `${error.code}: ${redactedReason(error)}${hint}`;
}

function writeToStderr(line: string): void {
  process.stderr.write(line);
}
