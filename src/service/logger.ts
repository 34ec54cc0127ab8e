// The five-method logger that everybody is handed; pino behind it in programs, nothing behind it in tests.
import { pino } from "pino";

export type LogMethod = (fields: object, text: string) => void;

/**
 * Fields first, constant text second.
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

export const logFormats = ["text", "json"] as const;
export type LogFormat = (typeof logFormats)[number];

export interface LoggerOptions {
  readonly level: LogLevel;
  /** text: one line for people. json: one object a line. */
  readonly format: LogFormat;
  /** Fields of every line, e.g. the program's name. */
  readonly fields?: object;
  /** Takes whole lines; standard error when left out. */
  readonly write?: (line: string) => void;
}

/** A logger that writes each line before the call returns: a command that ends loses none. */
export function createLogger({ level, format, fields, write = writeToStderr }: LoggerOptions): Logger {
  const destination = { write: (line: string) => write(format === "json" ? line : asText(line)) };
  const log = pino(
    { level, base: fields ?? null, timestamp: pino.stdTimeFunctions.isoTime, formatters: { level: label } },
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

function writeToStderr(line: string): void {
  process.stderr.write(line);
}

/** `2026-01-02T03:04:05.678Z warn  text (field=value …)`. */
function asText(line: string): string {
  const { time, level, msg, ...fields } = JSON.parse(line) as Record<string, unknown>;
  const shown = Object.entries(fields).map(([name, value]) => `${name}=${fieldText(value)}`);
  const tail = shown.length === 0 ? "" : ` (${shown.join(" ")})`;
  return `${String(time)} ${String(level).padEnd(5)} ${String(msg)}${tail}\n`;
}

function fieldText(value: unknown): string {
  return typeof value === "string" && /^[^\s"()]+$/.test(value) ? value : JSON.stringify(value);
}
