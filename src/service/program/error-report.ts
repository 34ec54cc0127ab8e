// How an error in a pass is logged: in full, or as one line while it is one of those that the operator knows about.
import type { Clock } from "../../clock/index.ts";
import { errorCodes, exitStatus, SkytoolsError } from "../../errors/index.ts";
import { PostgresError } from "../../postgres/index.ts";
import type { Logger } from "../logging/logger.ts";
import { redact, redactedReason } from "../logging/redact.ts";

export interface QuietRules {
  /** ALL, error codes, SQLSTATEs, class names. */
  readonly names: readonly string[];
  readonly graceMs: number;
  readonly resetMs: number;
}

export class ErrorReport {
  readonly #jobName: string;
  readonly #log: Logger;
  readonly #clock: Clock;
  #firstFailureMs: number | null = null;

  constructor(jobName: string, log: Logger, clock: Clock) {
    this.#jobName = jobName;
    this.#log = log;
    this.#clock = clock;
  }

  /** A pass without error. Late after the first failure it makes the next one a first one again. */
  success({ resetMs }: QuietRules): void {
    const since = this.#firstFailureMs === null ? 0 : this.#clock.now() - this.#firstFailureMs;
    if (since > resetMs) this.#firstFailureMs = null;
  }

  failure(error: unknown, { names, graceMs }: QuietRules): void {
    this.#firstFailureMs ??= this.#clock.now();
    const isGrace = this.#clock.now() - this.#firstFailureMs <= graceMs;
    const text = `Job ${this.#jobName} ${describe(error)}`;
    if (isGrace && names.some((name) => isNamed(error, name))) this.#log.warn({}, text.replaceAll(/\s*\n\s*/g, " "));
    else this.#log.error({ ...detailsOf(error), stack: stackOf(error) }, text);
  }
}

export interface FailureReport {
  readonly text: string;
  readonly fields: object;
  readonly status: number;
}

/** What ends a program: errors that the user can do something about without a stack. */
export function failureReport(jobName: string, error: unknown): FailureReport {
  const isOurs = error instanceof SkytoolsError && error.code !== "DATABASE" && error.code !== "CONNECTION_LOST";
  const text = isOurs ? redact(error.message) : `Job ${jobName} ${describe(error)}`;
  const fields = isOurs ? detailsOf(error) : { ...detailsOf(error), stack: stackOf(error) };
  return { text, fields, status: error instanceof SkytoolsError ? errorCodes[error.code].exit : exitStatus.failed };
}

function describe(error: unknown): string {
  const message = redactedReason(error);
  return error instanceof PostgresError ? `got error on connection: ${message}` : `crashed: ${message}`;
}

function detailsOf(error: unknown): object {
  if (!(error instanceof SkytoolsError)) return {};
  const hint = error.hint === undefined ? {} : { hint: redact(error.hint) };
  const state = error instanceof PostgresError && error.sqlstate !== null ? { sqlstate: error.sqlstate } : {};
  return { code: error.code, ...state, ...hint };
}

function stackOf(error: unknown): string {
  const parts: string[] = [];
  for (let e = error; e instanceof Error; e = e.cause) parts.push(e.stack ?? e.message);
  return redact(parts.join("\ncaused by: "));
}

/** Which errors the class names of old files stand for, as prefixes of SQLSTATEs. */
const OLD_NAMES: Readonly<Record<string, readonly string[]>> = {
  Error: [""],
  DatabaseError: [""],
  OperationalError: ["08", "25P03", "40", "53", "55", "57", "58"],
  InterfaceError: ["08"],
  ProgrammingError: ["42", "26", "34", "3F"],
  IntegrityError: ["23"],
  DataError: ["22"],
  InternalError: ["24", "25", "XX", "P0"],
  NotSupportedError: ["0A"],
};

function isNamed(error: unknown, name: string): boolean {
  if (name.toUpperCase() === "ALL") return true;
  if (!(error instanceof Error)) return false;
  const short = name.replace(/^.*\./, "");
  if (error.name === short || error.constructor.name === short) return true;
  if (!(error instanceof SkytoolsError)) return false;
  if (error.code === short) return true;
  const isLost = error.code === "CONNECTION_LOST" || error.code === "CONNECTION_FAILED";
  if (isLost && (short === "OperationalError" || short === "InterfaceError")) return true;
  if (!(error instanceof PostgresError)) return false;
  const { sqlstate } = error;
  if (sqlstate === null) return false;
  return sqlstate === short || (OLD_NAMES[short] ?? []).some((prefix) => sqlstate.startsWith(prefix));
}
