// The base of all errors that skytools throws. Codes, their meaning and cure stand in codes.ts.
import type { ErrorCode } from "./codes.ts";

export interface ErrorOptions<Details> {
  readonly hint?: string | undefined;
  readonly details?: Details | undefined;
  readonly cause?: unknown;
}

/** An error with a stable `code`, what happened in `message`, and what to do in `hint`. Never holds a secret. */
export class SkytoolsError<Details = unknown> extends Error {
  override readonly name: string = "SkytoolsError";
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly details: Details | undefined;

  constructor(code: ErrorCode, message: string, options: ErrorOptions<Details> = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
    this.details = options.details;
  }
}
