// Turns the SQLSTATEs that sql/install/ and guard.sql raise into our errors.
import { type ErrorCode, SkytoolsError } from "../../errors/index.ts";

const LOCK_TIMEOUT = "55P03"; // lock_not_available

const codes: Readonly<Record<string, ErrorCode>> = {
  SK001: "SCHEMA_FOREIGN",
  SK002: "INSTALL_RIGHTS",
  SK003: "SCHEMA_NEWER",
  SK004: "UNSUPPORTED_SERVER",
  SK006: "SCHEMA_IN_USE",
  "42501": "INSTALL_RIGHTS", // insufficient_privilege
  [LOCK_TIMEOUT]: "SCHEMA_IN_USE",
};

/** SQLSTATE SK005: a rotation is half done; finishing it is all that is needed. */
export const ROTATION_HALF_DONE = "SK005";

/**
 * Worth another try of the whole transaction: lock timeout, deadlock, serialization failure, and what two sessions
 * get that make the same thing at once in two databases (roles are shared by all).
 */
const retryable = new Set([LOCK_TIMEOUT, "40P01", "40001", "23505", "42710", "42P06", "42P07", "42723"]);

interface ServerError {
  readonly code?: unknown;
  readonly hint?: unknown;
  readonly sqlstate?: unknown;
  readonly cause?: unknown;
}

/** The SQLSTATE of an error of the driver or of our postgres layer; "" when it has none. */
export function sqlstateOf(error: unknown): string {
  for (let e = error; typeof e === "object" && e !== null; e = (e as ServerError).cause) {
    const { sqlstate, code } = e as ServerError;
    for (const state of [sqlstate, code]) {
      if (typeof state === "string" && /^[0-9A-Z]{5}$/.test(state)) return state;
    }
  }
  return "";
}

export function isRetryable(error: unknown): boolean {
  if (retryable.has(sqlstateOf(error))) return true;
  return error instanceof Error && /tuple concurrently (updated|deleted)/.test(error.message);
}

/** Our error for one that the script raised; any other error comes back unchanged. */
export function toInstallError(error: unknown): unknown {
  const code = codes[sqlstateOf(error)];
  if (code === undefined || !(error instanceof Error)) return error;
  if (sqlstateOf(error) === LOCK_TIMEOUT) {
    return new SkytoolsError(code, "other transactions keep locks on the tables of the schema", {
      hint: "run it again when they have ended; select pid, xact_start, query from pg_stat_activity order by 2;",
      cause: error,
    });
  }
  const hint = hintOf(error);
  return new SkytoolsError(code, error.message, { hint, cause: error });
}

function hintOf(error: unknown): string | undefined {
  for (let e = error; typeof e === "object" && e !== null; e = (e as ServerError).cause) {
    const { hint } = e as ServerError;
    if (typeof hint === "string") return hint;
  }
  return undefined;
}
